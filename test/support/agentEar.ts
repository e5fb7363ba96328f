// A listener at an agent that remembers everything and lets a test wait for what it is interested in.
import { EventEmitter, once } from 'node:events';
import type { AgentListener, AgentUpdate, Answer, Question } from '../../gateway/agents/agent.ts';
import type { FormContent } from '../../gateway/protocol/index.ts';

export interface AskedQuestion {
  readonly question: Question;
  readonly signal: AbortSignal;
  readonly answer: (optionId: string, content?: FormContent) => void;
}

const PATIENCE_MS = 60_000;

export class AgentEar implements AgentListener {
  readonly batches: (readonly AgentUpdate[])[] = [];
  readonly questions: AskedQuestion[] = [];
  readonly #news = new EventEmitter();

  updates(updates: readonly AgentUpdate[]): void {
    this.batches.push(updates);
    this.#news.emit('news');
  }

  permission(question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const answer = (optionId: string, content?: FormContent): void =>
      resolve(content === undefined ? { optionId } : { optionId, content });
    this.questions.push({ question, signal, answer });
    this.#news.emit('news');
    return promise;
  }

  get all(): readonly AgentUpdate[] {
    return this.batches.flat();
  }

  /** All updates of one type, in order. */
  of<T extends AgentUpdate['type']>(type: T): Extract<AgentUpdate, { type: T }>[] {
    return this.all.filter((update): update is Extract<AgentUpdate, { type: T }> => update.type === type);
  }

  /** All that the agent has said so far. */
  get text(): string {
    return this.of('message')
      .map(({ text }) => text)
      .join('');
  }

  /** Resolves as soon as the condition holds; rejects when that takes unreasonably long. */
  async until(condition: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!condition()) await once(this.#news, 'news', { signal });
  }

  async question(index = 0): Promise<AskedQuestion> {
    await this.until(() => this.questions.length > index);
    const asked = this.questions[index];
    if (asked === undefined) throw new Error('unreachable: the condition above holds');
    return asked;
  }
}
