// ACP's content blocks and tool contents, as the gateway's: what is no text is told in words, images of tools are kept as well.
import { isRecord } from '../language.ts';
import { Picture, type ContentBlock, type Message, type ToolContent } from '../protocol/index.ts';
import { AgentError } from './agent.ts';
import { cut, MAX_CONTENT_CHARS } from './cut.ts';
import { list, object, text, word, type JsonObject } from './json.ts';

const BASE64_BYTES_PER_CHAR = 0.75;

const kilobytes = (base64: unknown): string => {
  const bytes = (text(base64) ?? '').length * BASE64_BYTES_PER_CHAR;
  return `${Math.max(1, Math.round(bytes / 1000))} kB`;
};

/** What a block is, for people: "image/png, 12 kB". Undefined for text. */
const describe = (block: JsonObject): string => {
  const { type } = block;
  if (type === 'image' || type === 'audio')
    return `${word(block['mimeType']) ?? type}, ${kilobytes(block['data'])}`;
  if (type === 'resource_link') return word(block['uri']) ?? 'a link';
  if (type === 'resource') return word(object(block['resource'])['uri']) ?? 'a resource';
  return word(type) ?? 'unknown content';
};

/** The text of a block that an agent says: other kinds are named in brackets, so that nothing is swallowed. */
export const blockText = (value: unknown): string => {
  const block = object(value);
  if (block['type'] === 'text') return text(block['text']) ?? '';
  return isRecord(value) ? `[${describe(block)}]` : '';
};

const PICTURES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Of all images of one card, in base64: with the rest of it they stay below what a reader may have before it. */
const MAX_PICTURE_CHARS = 192 * 1024;

/** An image as it can be shown, if it is one; a larger one is told in words alone. */
const pictureOf = ({ type, mimeType, data }: JsonObject, room: number): Picture | undefined => {
  if (type !== 'image' || (text(data)?.length ?? 0) > room) return undefined;
  const picture = Picture.safeParse({ mimeType, data }).data;
  return picture && PICTURES.has(picture.mimeType) ? picture : undefined;
};

const toolContent = (value: unknown, room: number): ToolContent => {
  const item = object(value);
  if (item['type'] === 'diff') {
    return {
      type: 'diff',
      path: text(item['path']) ?? '',
      oldText: text(item['oldText']) ?? null,
      newText: text(item['newText']) ?? '',
    };
  }
  if (item['type'] === 'terminal')
    return { type: 'other', summary: `terminal ${text(item['terminalId']) ?? ''}` };
  const block = object(item['content']);
  if (block['type'] === 'text') return { type: 'text', text: text(block['text']) ?? '' };
  const embedded = block['type'] === 'resource' ? text(object(block['resource'])['text']) : undefined;
  if (embedded !== undefined) return { type: 'text', text: embedded };
  const image = pictureOf(block, room);
  const summary = describe(item['type'] === 'content' ? block : item);
  return { type: 'other', summary, ...(image && { image }) };
};

/** The contents of one card, whole but for large images. */
export const toolContents = (value: unknown): ToolContent[] => {
  let room = MAX_PICTURE_CHARS;
  return list(value).map((item) => {
    const content = toolContent(item, room);
    if (content.type === 'other') room -= content.image?.data.length ?? 0;
    return content;
  });
};

/** What a tool of an MCP server answered: Codex tells it only as that server's own result, or as its error. */
export const mcpContents = (rawOutput: unknown): ToolContent[] => {
  const { result, error } = object(rawOutput);
  const failure = word(error) ?? word(object(error)['message']);
  if (failure !== undefined) return [{ type: 'text', text: failure }];
  return toolContents(list(object(result)['content']).map((content) => ({ type: 'content', content })));
};

/** The same, cut where they are too long together. */
export const cutContents = (contents: readonly ToolContent[]): ToolContent[] => {
  let room = MAX_CONTENT_CHARS;
  const fit = (said: string): string => {
    const kept = cut(said, Math.max(0, room));
    room -= said.length;
    return kept;
  };
  return contents.map((content) => {
    switch (content.type) {
      case 'text':
        return { ...content, text: fit(content.text) };
      case 'diff': {
        const { path, oldText, newText } = content;
        return { type: 'diff', path, newText: fit(newText), oldText: oldText === null ? null : fit(oldText) };
      }
      case 'other':
        return content;
    }
  });
};

/** What an agent takes in a prompt besides text and links, as it said at initialize. */
export interface PromptCapabilities {
  readonly image: boolean;
  readonly embeddedContext: boolean;
}

const promptBlock = (block: ContentBlock, takes: PromptCapabilities, name: string): ContentBlock => {
  if (block.type === 'image' && !takes.image) {
    throw new AgentError('agent.failed', `${name} takes no images: send the prompt without the image.`);
  }
  if (block.type === 'resource' && !takes.embeddedContext) {
    return { type: 'text', text: `${block.resource.uri}:\n${block.resource.text}` };
  }
  return block;
};

/** A person's message as the blocks of a session/prompt. */
export const promptBlocks = (message: Message, takes: PromptCapabilities, name: string): ContentBlock[] =>
  typeof message === 'string'
    ? [{ type: 'text', text: message }]
    : message.map((block) => promptBlock(block, takes, name));
