// What a screen reader is told by itself: a new question, once. Never text that is being written.
import type { OpenSession } from './panel.ts';
import { asksTo } from './toolText.ts';

export class Announcing {
  readonly #asked = new Set<string>();
  #sentence = '';

  /** The sentence that stands in the alert now. */
  of({ transcript, agentName }: OpenSession): string {
    for (const part of transcript.parts.slice(-20)) {
      if (part.kind !== 'tool' || part.ask === undefined || part.ask.verdict !== undefined) continue;
      if (this.#asked.has(part.ask.permissionId)) continue;
      this.#asked.add(part.ask.permissionId);
      this.#sentence = asksTo(agentName, part.ask);
    }
    return this.#sentence;
  }
}
