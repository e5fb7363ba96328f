// A conversation that an agent had before this session, as the agent tells it: turns for the log, marked as earlier.
import type { AgentUpdate, EarlierUpdate } from '../agents/agent.ts';
import { ClientId, PromptId, type Actor, type EventBody } from '../protocol/index.ts';
import { Transcriber } from './transcriber.ts';

/** Whoever it was, the agent does not say. */
const SOMEBODY: Actor = { clientId: ClientId.parse('earlier'), name: 'before this session' };

interface Turn {
  /** Absent: what the agent tells begins in the middle. */
  readonly prompt: { readonly text: string; readonly key?: string } | undefined;
  readonly said: readonly AgentUpdate[];
}

/** `head` is the seq of the last event of the log, `agentSessionId` the session that all of it was said in. */
export function earlierTurns(
  told: readonly EarlierUpdate[],
  { head, agentSessionId, newId }: { head: number; agentSessionId: string | null; newId: () => string },
): EventBody[] {
  const bodies: EventBody[] = [];
  const transcriber = new Transcriber();
  for (const { prompt, said } of turnsOf(told)) {
    const promptId = PromptId.parse(newId());
    if (prompt !== undefined)
      bodies.push({ type: 'prompt', promptId, message: prompt.text, from: SOMEBODY, earlier: true });
    transcriber.closeMessage();
    const read = transcriber.read(said, head + bodies.length);
    transcriber.written(read);
    bodies.push(...read.bodies);
    if (prompt !== undefined)
      bodies.push({ type: 'result', promptId, stopReason: 'end_turn', session_id: agentSessionId });
  }
  return bodies;
}

function turnsOf(told: readonly EarlierUpdate[]): Turn[] {
  const turns: { prompt: Turn['prompt']; said: AgentUpdate[] }[] = [];
  for (const update of told) {
    const last = turns.at(-1);
    if (update.type !== 'prompt') {
      if (last === undefined) turns.push({ prompt: undefined, said: [update] });
      else last.said.push(update);
    } else if (last?.prompt?.key === update.key && last?.said.length === 0) {
      // One chunk for each block of the same message.
      last.prompt = { ...update, text: `${last.prompt?.text}\n${update.text}` };
    } else {
      turns.push({ prompt: update, said: [] });
    }
  }
  return turns;
}
