// What an agent says, as events: gives each delta its message and its offset, and notes what changes in the session.
import type { AgentUpdate } from '../agents/agent.ts';
import { MAX_TEXT_CHARS, place, type OpenMessage } from '../core/log.ts';
import { stepOf } from '../core/session.ts';
import { beginning } from '../language.ts';
import type { EventBody, Offers, Step, Usage } from '../protocol/index.ts';

/** What updates come to. */
export interface Said {
  readonly bodies: readonly EventBody[];
  /** The message that the next delta may go on with. */
  readonly open: OpenMessage | undefined;
  /** The agent's own title for the conversation, if it gave one. */
  readonly title: string | undefined;
  readonly usage: Usage | undefined;
  /** Where its plan is; null: at none of its steps. */
  readonly step: Step | null | undefined;
  /** What can be chosen of the agent, as far as it has changed. */
  readonly offers: Partial<Offers> | undefined;
}

export class Transcriber {
  /** The message that deltas are being added to. */
  #open: OpenMessage | undefined;

  /** Something else came into the conversation: what the agent says next is a new message. */
  closeMessage(): void {
    this.#open = undefined;
  }

  /** It was written down: what comes next goes on from there. */
  written({ open }: Said): void {
    this.#open = open;
  }

  /** `head` is the seq of the last event of the log. Changes nothing here until `written`. */
  read(updates: readonly AgentUpdate[], head: number): Said {
    const bodies: EventBody[] = [];
    let open = this.#open;
    let title: string | undefined;
    let usage: Usage | undefined;
    let step: Step | null | undefined;
    let offers: Partial<Offers> | undefined;
    for (const update of updates) {
      switch (update.type) {
        case 'message':
        case 'thought': {
          const { type: kind, key } = update;
          for (const text of pieces(update.text)) {
            const placed = place(open, { kind, text, key }, head + bodies.length + 1);
            open = placed.open;
            bodies.push(placed.body);
          }
          break;
        }
        case 'mode':
          bodies.push({ type: 'mode', mode: update.modeId });
          break;
        case 'title':
          title = update.title;
          break;
        case 'usage': {
          const { type: _, ...now } = update;
          usage = now;
          bodies.push(update);
          break;
        }
        case 'tool_use':
        case 'plan':
          if (update.type === 'plan') step = stepOf(update) ?? null;
          // They are part of the conversation, so they end the message that was being written.
          open = undefined;
          bodies.push(update);
          break;
        case 'offers':
          offers = { ...offers, ...update.offers };
          break;
        case 'commands':
          offers = { ...offers, commands: update.commands };
          bodies.push(update);
          break;
        case 'tool_update':
        // What the agent uses now; the session's own model is only what a person chose.
        case 'model':
          bodies.push(update);
          break;
      }
    }
    return { bodies, open, title, usage, step, offers };
  }
}

/** A text as long as one event may be, or cut into such pieces; an agent may say 16 MiB at once. */
function pieces(text: string): string[] {
  if (text.length <= MAX_TEXT_CHARS) return text === '' ? [] : [text];
  // Half a character cannot be stored.
  const first = beginning(text, MAX_TEXT_CHARS);
  return [first, ...pieces(text.slice(first.length))];
}
