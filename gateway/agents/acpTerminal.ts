// What commands print, where an agent tells it beside the protocol: Codex sends it in `_meta`, piece by piece.
import type { ToolContent } from '../protocol/index.ts';
import { cut, MAX_CONTENT_CHARS } from './cut.ts';
import { number, object, text, type JsonObject } from './json.ts';

interface Output {
  readonly printed: string;
  /** How much of it was told. */
  readonly shown: number;
}

export class TerminalOutputs {
  readonly #outputs = new Map<string, Output>();

  /** Its card is gone: what it prints from now on nobody shows. */
  forget(toolCallId: string): void {
    this.#outputs.delete(toolCallId);
  }

  /** The content of a tool call's card after this update of it; undefined: nothing that is worth telling yet. */
  content(toolCallId: string, raw: JsonObject, isOver: boolean): ToolContent[] | undefined {
    const meta = object(raw['_meta']);
    const delta = text(object(meta['terminal_output_delta'])['data']) ?? '';
    const exitCode = number(object(meta['terminal_exit'])['exit_code']) ?? 0;
    const { printed, shown } = this.#outputs.get(toolCallId) ?? { printed: '', shown: 0 };
    const ending = exitCode === 0 ? '' : `\n[exit code ${exitCode}]`;
    // One more than is shown, so that what is cut is known to be cut.
    const all = printed.length > MAX_CONTENT_CHARS ? printed : `${printed}${delta}${ending}`;
    // A card is told whole each time: only when it has doubled, and at the end, or the log would grow with its square.
    const isNews = all.length > shown && (isOver || all.length >= 2 * shown);
    if (isOver) this.#outputs.delete(toolCallId);
    else if (all !== '') this.#outputs.set(toolCallId, { printed: all, shown: isNews ? all.length : shown });
    return isNews ? [{ type: 'text', text: cut(all) }] : undefined;
  }
}
