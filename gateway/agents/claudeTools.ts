// Claude's own tools, told as cards: what each call is called, which kind it is, and what it would change.
import { withoutUndefined } from '../language.ts';
import { list, object, text, word, type JsonObject } from './json.ts';

/** In ACP's terms, so that one reader of cards (acpTools.ts) serves both protocols. */
interface Description {
  readonly title?: string | undefined;
  readonly kind: string;
  readonly content?: readonly object[];
}

const textContent = (said: string): object => ({ type: 'content', content: { type: 'text', text: said } });

const diff = (path: unknown, oldText: string | undefined, newText: unknown): object => ({
  type: 'diff',
  path,
  ...(oldText === undefined ? {} : { oldText }),
  newText,
});

const pathOf = (input: JsonObject): string | undefined =>
  word(input['file_path']) ?? word(input['notebook_path']) ?? word(input['path']);

type Describe = (input: JsonObject) => Description;

const onFile =
  (verb: string, kind: string, content?: (input: JsonObject) => object[]): Describe =>
  (input) => ({
    title: `${verb} ${pathOf(input) ?? ''}`.trim(),
    kind,
    ...(content === undefined ? {} : { content: content(input) }),
  });

const named =
  (kind: string, ...fields: readonly string[]): Describe =>
  (input) => ({
    kind,
    title: fields.map((field) => word(input[field])).find((value) => value !== undefined),
  });

/** The tools of Claude Code. One that is not here (an MCP server's) is shown by its name and input. */
const TOOLS: ReadonlyMap<string, Describe> = new Map<string, Describe>([
  ['Bash', named('execute', 'command')],
  ['Read', onFile('Read', 'read')],
  ['Write', onFile('Write', 'edit', (input) => [diff(input['file_path'], undefined, input['content'])])],
  [
    'Edit',
    onFile('Edit', 'edit', (input) => [
      diff(input['file_path'], text(input['old_string']), input['new_string']),
    ]),
  ],
  [
    'MultiEdit',
    onFile('Edit', 'edit', (input) =>
      list(input['edits'])
        .map(object)
        .map((edit) => diff(input['file_path'], text(edit['old_string']), edit['new_string'])),
    ),
  ],
  [
    'NotebookEdit',
    onFile('Edit', 'edit', (input) => [diff(input['notebook_path'], undefined, input['new_source'])]),
  ],
  ['Glob', named('search', 'pattern')],
  ['Grep', named('search', 'pattern')],
  ['WebFetch', named('fetch', 'url')],
  ['WebSearch', named('fetch', 'query')],
  ['Task', named('think', 'description')],
  ['Agent', named('think', 'description')],
  [
    'ExitPlanMode',
    (input) => ({
      title: 'Carry out this plan',
      kind: 'switch_mode',
      content: [textContent(text(input['plan']) ?? '')],
    }),
  ],
]);

/** A tool_use block as an ACP tool_call. Without `input` (it is still being written) it has only its name. */
export const toolCard = (id: unknown, name: string, input: JsonObject | undefined): JsonObject => {
  if (input === undefined) return { toolCallId: id, name, title: name, status: 'pending' };
  const { title = name, kind, content } = TOOLS.get(name)?.(input) ?? { kind: 'other' };
  const path = pathOf(input);
  return withoutUndefined({
    toolCallId: id,
    name,
    title,
    kind,
    rawInput: input,
    locations: path === undefined ? undefined : [{ path }],
    content,
  });
};

const resultBlock = (value: unknown): object => {
  const block = object(value);
  if (block['type'] !== 'image') return { type: 'content', content: block };
  const source = object(block['source']);
  return {
    type: 'content',
    content: { type: 'image', mimeType: source['media_type'], data: source['data'] },
  };
};

/** Claude wraps what it tells the model of a failure. */
const plain = (said: string): string => said.replaceAll(/<\/?tool_use_error>/g, '');

/** A tool_result block as an ACP tool_call_update. What an edit changes stays shown, unless it failed. */
export const toolResult = (block: JsonObject, kind: string | undefined): JsonObject => {
  const isError = block['is_error'] === true;
  const said = text(block['content']);
  const content = said === undefined ? list(block['content']).map(resultBlock) : [textContent(plain(said))];
  return {
    toolCallId: block['tool_use_id'],
    status: isError ? 'failed' : 'completed',
    ...(kind === 'edit' && !isError ? {} : { content }),
  };
};
