// The machines that are linked to this one's gateway, as this window knows them: asked for once per link, then kept up.
import type { Peer, PeerName, Session } from '../../gateway/protocol/index.ts';
import type { MachineNow } from '../chatMessages.ts';
import type { Connection } from '../connection.ts';
import { setContext } from '../context.ts';
import { Emitter } from '../emitter.ts';
import { isLive } from './machineRows.ts';

export class Machines {
  readonly #all = new Map<string, Peer>();
  readonly #changed = new Emitter<undefined>();
  readonly onDidChange = this.#changed.event;
  #only: PeerName | undefined;

  constructor(connection: Connection, warn: (message: string) => void) {
    this.onDidChange(() => void setContext('holdfast.hasMachines', this.#all.size > 0));
    connection.onClient((client) => {
      client.call('peers.watch', {}).then(
        ({ peers }) => this.#replace(peers),
        (error: unknown) => warn(`The machines could not be listed: ${String(error)}`),
      );
    });
    connection.on('peer.changed', ({ peer }) => {
      this.#all.set(peer.name, peer);
      this.#changed.fire(undefined);
    });
    connection.on('peer.removed', ({ name }) => {
      this.#all.delete(name);
      if (name === this.#only) this.showOnly(undefined);
      this.#changed.fire(undefined);
    });
  }

  get all(): readonly Peer[] {
    return [...this.#all.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string | undefined): Peer | undefined {
    return name === undefined ? undefined : this.#all.get(name);
  }

  /** Read marks are shared where the session is, by those who may prompt it there. */
  sharesMarks(session: Pick<Session, 'peer'>): boolean {
    return session.peer === undefined || this.of(session)?.allows?.prompt === true;
  }

  /** The machine that a session runs on; undefined: this one. */
  of(session: Pick<Session, 'peer'> | undefined): Peer | undefined {
    return this.get(session?.peer);
  }

  /** Whether what is shown of a session is how it is now. */
  isLive(session: Pick<Session, 'peer'>): boolean {
    return isLive(this.of(session));
  }

  /** Sessions of other machines are out of sight; undefined: all are shown. */
  get only(): PeerName | undefined {
    return this.#only;
  }

  showOnly(name: PeerName | undefined): void {
    this.#only = name;
    void setContext('holdfast.oneMachine', name !== undefined);
    this.#changed.fire(undefined);
  }

  #replace(peers: readonly Peer[]): void {
    this.#all.clear();
    for (const peer of peers) this.#all.set(peer.name, peer);
    // It was unlinked while nobody here was told, or this is another gateway.
    if (this.#only !== undefined && !this.#all.has(this.#only)) this.#only = undefined;
    this.showOnly(this.#only);
  }
}

/** How a machine stands, as the chat is told. */
export const machineNow = ({ name, state, since, lastHeartbeatAt, rttMs, reason }: Peer): MachineNow => ({
  name,
  state,
  since: Date.parse(since),
  heardAt: lastHeartbeatAt === null ? Date.parse(since) : Date.parse(lastHeartbeatAt),
  ...(rttMs === null ? {} : { rttMs: Math.round(rttMs) }),
  ...(reason === null ? {} : { reason }),
});
