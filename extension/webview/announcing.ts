// What a screen reader is told by itself: a new question, once. Never text that is being written.
import type { OpenSession } from './panel.ts';
import { asksTo } from './toolText.ts';

export class Announcing {
  readonly #asked = new Set<string>();
  #sentence = '';

  /** The sentence that stands in the alert now; none when nothing is asked any more. */
  of({ transcript, agentName }: Pick<OpenSession, 'transcript' | 'agentName'>): string {
    const open = transcript.parts
      .slice(-20)
      .flatMap((part) => (part.kind === 'tool' && !part.cut && part.ask ? [part.ask] : []))
      .filter(({ verdict }) => verdict === undefined);
    if (open.length === 0) this.#sentence = '';
    for (const ask of open) {
      if (this.#asked.has(ask.permissionId)) continue;
      this.#asked.add(ask.permissionId);
      const words = asksTo(agentName, ask);
      // The same words once more would be no change, and nothing would be said.
      this.#sentence = this.#sentence === words ? `${words}\u00a0` : words;
    }
    return this.#sentence;
  }
}
