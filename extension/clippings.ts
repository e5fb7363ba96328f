// What goes along with a prompt and is no file of the workspace: images that were pasted, problems as they stood. Kept
// by content, so that the same prompt is the same each time it is sent.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ContentBlock } from '../gateway/protocol/index.ts';
import { forgetOld } from './forgetOld.ts';
import { t } from './l10n.ts';

const SCHEME = 'clipping:';
const KEPT_MS = 14 * 24 * 60 * 60 * 1000;

/** How each kind ends, and what the agent is given for it. */
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  txt: 'text/plain',
};

export const isClipping = (uri: string): boolean => uri.startsWith(SCHEME);

export class Clippings {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps it; the result is its address among the attachments. */
  async keep(content: Uint8Array<ArrayBuffer>, kind: string): Promise<string> {
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', content)).toString('hex');
    const name = `${hash}.${kind}`;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(path.join(this.#folder, name), content, { mode: 0o600 });
    return `${SCHEME}${name}`;
  }

  /** The file that it is kept in. */
  file(uri: string): string {
    return path.join(this.#folder, path.basename(uri.slice(SCHEME.length)));
  }

  /** As the agent is given it. `name` is what people call it. */
  async block(uri: string, name: string): Promise<ContentBlock> {
    const [, file = '', kind = ''] = /^clipping:([0-9a-f]{64}\.([a-z]+))$/.exec(uri) ?? [];
    const mimeType = TYPES[kind];
    if (mimeType === undefined) throw new Error(t('{0} cannot go along. Remove it and send again.', name));
    const content = await readFile(path.join(this.#folder, file)).catch(() => {
      throw new Error(t('{0} is no longer kept here. Add it again, then send.', name));
    });
    return kind === 'txt'
      ? { type: 'resource', resource: { uri: `holdfast:${name}`, text: content.toString(), mimeType } }
      : { type: 'image', data: content.toString('base64'), mimeType };
  }

  /** Forgets what nobody has used for long. */
  tidy(now: number): Promise<void> {
    return forgetOld(this.#folder, now - KEPT_MS);
  }
}
