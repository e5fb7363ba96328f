// Prompts and edits on their way from the panel to the host, and back into the field when they were not taken.
import type { Attachment, ToHost } from '../chatMessages.ts';
import type { Composer, Sent } from './composer.ts';
import { sessionOf, type Panel, type Unheard } from './panel.ts';
import type { Editing } from './view.ts';

export interface SendingParts {
  readonly panel: () => Panel;
  readonly become: (panel: Panel) => void;
  readonly post: (message: ToHost) => void;
  readonly composer: Composer;
}

/** What was refused, and goes back into the field of its session. */
interface Lost {
  readonly sessionId: string;
  readonly text: string;
  readonly attachments?: readonly Attachment[];
}

export class Sending {
  readonly #parts: SendingParts;
  /** The waiting prompt that is being edited. */
  #editing: Editing | undefined;
  /** What was last saved: it may be refused. */
  #edited: (Lost & Editing) | undefined;
  /** Refused while another session was shown: what comes back with its own. */
  #owed: readonly Lost[] = [];

  constructor(parts: SendingParts) {
    this.#parts = parts;
  }

  get editing(): Editing | undefined {
    return this.#editing;
  }

  edit(editing: Editing | undefined): void {
    this.#editing = editing;
  }

  /** The prompt is known as unheard first: if the window goes now, the panel sends it again. */
  send(sent: Sent): Unheard | undefined {
    const { panel, become } = this.#parts;
    const open = sessionOf(panel());
    if (open === undefined) return undefined;
    const prompt = { sessionId: open.session.sessionId, promptId: crypto.randomUUID(), ...sent };
    become({ ...panel(), refusal: undefined, unheard: [...panel().unheard, prompt] });
    return prompt;
  }

  /** Nobody has heard of these prompts: the id makes sending them again harmless. */
  sendAgain(): void {
    const { panel, post } = this.#parts;
    const sessionId = sessionOf(panel())?.session.sessionId;
    for (const prompt of panel().unheard) if (prompt.sessionId === sessionId) post(asSent(prompt));
  }

  saveEdit(): void {
    const editing = this.#editing;
    const { panel, become, post } = this.#parts;
    const sessionId = sessionOf(panel())?.session.sessionId;
    if (editing === undefined || editing.text.trim() === '' || sessionId === undefined) return;
    this.#editing = undefined;
    this.#edited = { ...editing, sessionId };
    become({ ...panel(), refusal: undefined });
    post({ type: 'edit', promptId: editing.promptId, message: editing.text, sessionId });
  }

  /** A prompt that was refused goes back into the field, before what has been written since; so does a refused edit. */
  giveBack(before: Panel, promptId: string | undefined): void {
    const sent = before.unheard.find((unheard) => unheard.promptId === promptId);
    const lost: Lost | undefined = sent ?? (this.#edited?.promptId === promptId ? this.#edited : undefined);
    this.#edited = undefined;
    if (lost === undefined) return;
    if (lost.sessionId === sessionOf(before)?.session.sessionId) this.#give(lost);
    else this.#owed = [...this.#owed, lost];
  }

  /** This session is shown again. */
  giveOwed(to: string): void {
    for (const lost of this.#owed) if (lost.sessionId === to) this.#give(lost);
    this.#owed = this.#owed.filter(({ sessionId }) => sessionId !== to);
  }

  #give({ text, attachments = [] }: Lost): void {
    const { composer } = this.#parts;
    composer.setText(joined(text, composer.text), [...attachments, ...composer.attachments]);
  }

  /** A prompt that began to run, or was taken out, while it was edited: what was written goes into the field. */
  keepEdited(): void {
    const editing = this.#editing;
    const { panel, composer } = this.#parts;
    const queue = sessionOf(panel())?.transcript.queue ?? [];
    if (editing === undefined || queue.some(({ promptId }) => promptId === editing.promptId)) return;
    this.#editing = undefined;
    composer.setText(joined(editing.text, composer.text));
  }
}

/** The same each time it is sent: the gateway takes one id with one content. */
export const asSent = ({ text, attachments, steer, ...ids }: Unheard): ToHost => ({
  type: 'send',
  ...ids,
  message: text,
  ...(attachments.length > 0 && { attachments: [...attachments] }),
  ...(steer && { steer }),
});

/** What comes back stands before what has been written since. */
const joined = (first: string, second: string): string =>
  [first, second].filter((text) => text !== '').join('\n\n');
