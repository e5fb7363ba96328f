// Tasks that are given to peers, and those that peers gave: offered until they are taken, followed until they are over.
import { isOver, stateOf } from '../core/task.ts';
import {
  between,
  ClientId,
  Problem,
  PromptId,
  SessionId,
  TaskId,
  type AgentId,
  type Params,
  type PeerName,
  type ProblemName,
  type Task,
} from '../protocol/index.ts';
import type { z } from 'zod';
import { messageOf } from '../language.ts';
import { admitPrompt, createSession, removePrompt } from '../store/conversation.ts';
import type { Committed, Store } from '../store/store.ts';
import type { StoredTask, TaskChange } from '../store/task.ts';
import type { Clock } from './clock.ts';
import type { Live } from './live.ts';
import type { PeerBook, Peering } from './peering.ts';
import { Watchers } from './sink.ts';

type Offer = z.infer<(typeof between)['peer.task']>;
type Report = z.infer<(typeof between)['peer.task_report']>;

export interface DelegationParts {
  readonly store: Store;
  readonly live: Live;
  readonly clock: Clock;
  readonly peering: Peering;
  readonly book: PeerBook;
  /** The folder and the agent of a task that comes in. Throws a problem when they are not there. */
  readonly place: (offer: Offer) => { path: string; agent: AgentId };
}

const LOST = 'The gateway there stopped while it ran. A person decides there whether it runs again.';

const NOT_NOW: ReadonlySet<string> = new Set(['peer.offline', 'gateway.stopping'] satisfies ProblemName[]);

export class Delegation {
  readonly #parts: DelegationParts;
  /** The offers that were not answered yet. */
  readonly #offers = new Map<TaskId, Promise<void>>();
  /** Are told of every task that changes. */
  readonly watchers = new Watchers();

  constructor(parts: DelegationParts) {
    this.#parts = parts;
    const { peering } = parts;
    peering.answer('peer.task', (offer, key) => this.#accept(offer, key));
    peering.answer('peer.task_stop', ({ taskId }, key) => this.#stopOwn(taskId, key));
    peering.answer('peer.task_report', (report, key) => this.#heard(report, key));
    peering.onRemoved = (key) => this.#removed(key);
    peering.onLinked((key) => void this.#linked(key));
  }

  /** Sets right, after a start, what became of the tasks that run here. */
  recover(): void {
    for (const stored of this.#parts.store.tasks.open('in')) this.#look(stored);
  }

  async #linked(key: number): Promise<void> {
    const { store } = this.#parts;
    const open = (): StoredTask[] => store.tasks.open('out').filter(({ peerKey }) => peerKey === key);
    if (open().length === 0) return;
    try {
      await store.synced(() => store.tasks.offer(key));
    } catch {
      return; // Of a full disk, say, or because the gateway ends: with the next link, then.
    }
    for (const stored of open()) {
      // What cannot be stopped now is tried again with the next link.
      if (stored.isStopping) this.#stopThere(stored).catch(() => undefined);
      // Taken already, it is not taken again: the answer says how it stands, whatever was missed meanwhile.
      else this.#offer(stored);
    }
  }

  list(peer: PeerName | undefined): Task[] {
    const all = this.#parts.store.tasks.list().map(({ task }) => task);
    return peer === undefined ? all : all.filter((task) => task.peer === peer);
  }

  /** It is on disk when this resolves, and offered to the peer until that takes it or refuses. */
  async delegate({ peer, prompt, path, agent, promptId }: Params<'task.delegate'>): Promise<TaskId> {
    const { store, clock, book, peering } = this.#parts;
    const peerKey = book.keyOf(peer);
    const { calls } = peering.side(peerKey);
    const now = clock.now();
    const made: StoredTask = {
      peerKey,
      promptId: promptId ?? PromptId.parse(clock.newId()),
      path: path ?? null,
      agent: agent ?? null,
      isOffered: false,
      isStopping: false,
      task: {
        taskId: TaskId.parse(clock.newId()),
        peer,
        direction: 'out',
        state: 'sent',
        prompt,
        sessionId: null,
        result: null,
        error: null,
        createdAt: now,
        updatedAt: now,
      },
    };
    const { stored, isNew } = await store.synced(() => {
      const before = store.tasks.given(made.promptId);
      // Asked only here: a link that comes later finds it in the store.
      const given = before ?? { ...made, isOffered: calls.isLinked };
      if (before === undefined) store.tasks.insert(given);
      return { stored: given, isNew: before === undefined };
    });
    const what = ({ task, path: folder, agent: who, peerKey: to }: StoredTask): string =>
      JSON.stringify([to, task.prompt, folder, who]);
    if (what(stored) !== what(made)) {
      throw new Problem(
        'prompt.conflict',
        `${made.promptId} was used for another task. Choose another promptId.`,
      );
    }
    if (isNew) this.watchers.tell('task.changed', { task: stored.task });
    // Without a link it waits here, where it can still be withdrawn.
    if (!isOver(stored.task.state) && stored.isOffered && !stored.isStopping) this.#offer(stored);
    return stored.task.taskId;
  }

  /** Stops a task, wherever it runs: if its peer is away, as soon as that is linked again. Answers how it stands. */
  async stop(taskId: TaskId): Promise<Task> {
    const { store, clock } = this.#parts;
    const stored = store.tasks.get(taskId);
    const { direction, state } = stored.task;
    if (isOver(state)) return stored.task;
    if (direction === 'in') await this.#stopOwn(taskId, stored.peerKey);
    else {
      await store.synced(() => store.tasks.stop(stored, clock.now()));
      const { task } = store.tasks.get(taskId);
      if (isOver(task.state)) this.watchers.tell('task.changed', { task });
      else await this.#stopThere(stored);
    }
    return store.tasks.get(taskId).task;
  }

  /** Tells a peer to stop a task that it may have. */
  async #stopThere({ task: { taskId, peer }, peerKey }: StoredTask): Promise<void> {
    // An offer that arrives after this would start it.
    await this.#offers.get(taskId);
    const { calls } = this.#parts.peering.side(peerKey);
    try {
      const report = await calls.call('peer.task_stop', { taskId }, { isRepeatable: true });
      this.#heard(reportFrom(report, peer), peerKey);
    } catch (error) {
      const problem = error instanceof Problem ? error.problem : undefined;
      if (problem === undefined || !(problem === 'task.unknown' || NOT_NOW.has(problem))) throw error;
      const stored = this.#parts.store.tasks.find(taskId, 'out', peerKey);
      if (stored === undefined || isOver(stored.task.state)) return;
      const late = `${peer} cannot be reached. The task is stopped as soon as it is linked again, and may run there until then.`;
      this.#change(stored, problem === 'task.unknown' ? { state: 'stopped' } : { error: late });
    }
  }

  /** The peer is no peer any more: nothing will be heard of what it has. */
  #removed(key: number): void {
    const { store } = this.#parts;
    for (const stored of store.tasks.open('out')) {
      if (stored.peerKey === key)
        this.#change(stored, {
          state: 'failed',
          error: `${stored.task.peer} was removed from the peers here.`,
        });
    }
  }

  /** Sessions have changed: tasks may have gone on in them. */
  committed({ sessions }: Committed): void {
    for (const { sessionId } of sessions) {
      const stored = this.#parts.store.tasks.inSession(sessionId);
      // Not within the commit that is being told.
      if (stored.length > 0) setImmediate(() => stored.forEach((one) => this.#lookAgain(one)));
    }
  }

  #offer({ task, path, agent, peerKey }: StoredTask): void {
    const { taskId, prompt } = task;
    // It goes over the next link by itself.
    if (this.#offers.has(taskId)) return;
    const offer = {
      taskId,
      prompt,
      ...(path === null ? {} : { path }),
      ...(agent === null ? {} : { agent }),
    };
    const { calls } = this.#parts.peering.side(peerKey);
    const answered = calls
      .call('peer.task', offer, { isRepeatable: true })
      .then((report) => reportFrom(report, task.peer))
      .then(
        (report) => this.#heard(report, peerKey),
        (error: unknown) => {
          // Not reached, or it is about to end: it is offered again with the next link.
          if (error instanceof Problem && NOT_NOW.has(error.problem)) return;
          const stored = this.#parts.store.tasks.find(taskId, 'out', peerKey);
          if (stored === undefined || isOver(stored.task.state)) return;
          this.#change(stored, {
            state: 'failed',
            error: messageOf(error),
          });
        },
      )
      .finally(() => this.#offers.delete(taskId));
    this.#offers.set(taskId, answered);
  }

  /** News of a task that we gave. Only the peer that has it can tell any. */
  #heard({ taskId, ...news }: Report, key: number): void {
    const stored = this.#parts.store.tasks.find(taskId, 'out', key);
    if (stored !== undefined && !isOver(stored.task.state)) this.#change(stored, { ...news, ...cut(news) });
  }

  async #accept(offer: Offer, key: number): Promise<Report> {
    const { store, live, clock, place } = this.#parts;
    const { taskId, prompt } = offer;
    const before = store.tasks.find(taskId, 'in', key);
    if (before !== undefined) return reportOf(before.task);
    const peer = this.#mustTakeTasksOf(key);
    live.mustBeOpen();
    store.mustHaveRoom();
    const { path, agent } = place(offer);
    const now = clock.now();
    const sessionId = SessionId.parse(clock.newId());
    const promptId = PromptId.parse(`task:${key}:${taskId}`);
    const from = { clientId: ClientId.parse(`peer:${key}`), name: `${peer}, a delegated task` };
    const task: Task = {
      ...{ taskId, peer, prompt, sessionId },
      direction: 'in',
      state: 'sent',
      result: null,
      error: null,
      createdAt: now,
      updatedAt: now,
    };
    await store.synced(() => {
      // Offered twice at once: over a link that broke and over the next one.
      if (store.tasks.find(taskId, 'in', key) !== undefined) return;
      createSession(store, { sessionId, agent, path, mode: 'ask', model: null }, undefined, now);
      const sent = { promptId, message: prompt, from, createdAt: now, expiresAt: null, steer: false };
      admitPrompt(store, { sessionId, ...sent }, now);
      store.tasks.insert({ task, peerKey: key, promptId, path, agent, isOffered: true, isStopping: false });
    });
    live.wake(sessionId);
    const taken = store.tasks.find(taskId, 'in', key)?.task ?? task;
    this.watchers.tell('task.changed', { task: taken });
    return reportOf(taken);
  }

  async #stopOwn(taskId: TaskId, key: number): Promise<Report> {
    const { store, live, clock } = this.#parts;
    const stored = store.tasks.find(taskId, 'in', key);
    if (stored === undefined) throw new Problem('task.unknown', `No task ${taskId} was taken.`);
    const { sessionId } = stored.task;
    const session = sessionId === null ? undefined : store.sessions.find(sessionId);
    if (isOver(stored.task.state) || session === undefined) return reportOf(stored.task);
    const { promptId } = stored;
    const state = () => store.queue.get(session, promptId).state;
    // It may begin, and end, at any moment.
    await store.synced(() => {
      if (state() === 'queued' || state() === 'uncertain')
        removePrompt(store, session.sessionId, promptId, clock.now());
    });
    if (state() === 'running') await live.find(session.sessionId)?.interrupt(promptId);
    this.#lookAgain(stored);
    return reportOf(store.tasks.find(taskId, 'in', key)?.task ?? stored.task);
  }

  #lookAgain({ task, peerKey }: StoredTask): void {
    const stored = this.#parts.store.tasks.find(task.taskId, 'in', peerKey);
    if (stored !== undefined && !isOver(stored.task.state)) this.#look(stored);
  }

  /** How a task stands that runs here, as its session shows it. */
  #look(stored: StoredTask): void {
    const { store, peering } = this.#parts;
    const { task, promptId, peerKey } = stored;
    const session = task.sessionId === null ? undefined : store.sessions.find(task.sessionId);
    const change: TaskChange =
      session === undefined
        ? { state: 'failed', error: 'Its session was removed.' }
        : this.#stateIn(session, promptId);
    const { state = task.state, error = null } = change;
    if (state === task.state && error === task.error) return;
    const changed = this.#change(stored, change);
    peering.tell(peerKey, 'peer.task_report', reportOf(changed));
  }

  #stateIn(session: ReturnType<Store['sessions']['get']>, promptId: PromptId): TaskChange {
    const { store } = this.#parts;
    const { state: prompt, seq } = store.queue.get(session, promptId);
    const state = stateOf(prompt, session.session.pendingPermissions);
    if (!isOver(state)) return { state, error: prompt === 'uncertain' ? LOST : null };
    const { text, error } = store.log.outcomeOf(session, { promptId, seq });
    return { state, result: text, error: state === 'failed' ? (error ?? 'The turn failed.') : null };
  }

  #change(stored: StoredTask, change: TaskChange): Task {
    const { store, clock, peering } = this.#parts;
    const now = clock.now();
    peering.write(() => store.tasks.change(stored, change, now));
    const task = { ...stored.task, ...change, updatedAt: now };
    this.watchers.tell('task.changed', { task });
    return task;
  }

  /** Throws the problem peer.forbidden, else answers what the peer is called. */
  #mustTakeTasksOf(key: number): PeerName {
    const { book } = this.#parts;
    const peer = book.nameOf(key);
    if (book.policyOf(key).prompt) return peer;
    throw new Problem(
      'peer.forbidden',
      `Delegated tasks are not allowed there. On that machine: holdfast peers policy ${peer} --prompt`,
    );
  }
}

/** Throws the problem protocol.version when it cannot be read. */
function reportFrom(given: unknown, peer: PeerName): Report {
  const report = between['peer.task_report'].safeParse(given);
  if (report.success) return report.data;
  throw new Problem('protocol.version', `${peer} tells of the task in a way that cannot be read here.`, {
    peer,
  });
}

const reportOf = ({ taskId, state, sessionId, ...said }: Task): Report => ({
  ...{ taskId, state, sessionId },
  ...cut(said),
});

/** The words of a report, on their way and where they arrive. */
const cut = ({ result, error }: Pick<Report, 'result' | 'error'>) => ({
  result: result?.slice(0, 100_000) ?? null,
  error: error?.slice(0, 2_000) ?? null,
});
