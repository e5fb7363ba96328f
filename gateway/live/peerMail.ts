// Mail between gateways at work: what waits for a peer is handed over while that is linked, and receipts go back.
import { between, Handled, type Letter, type PeerName } from '../protocol/index.ts';
import { z } from 'zod';
import { destinationOf } from '../core/mail.ts';
import { receiptFrom } from '../core/peerMail.ts';
import { noteForeign, receiveLetter } from '../store/peerMail.ts';
import { newDelivered } from '../store/mailDelivery.ts';
import type { StoredOutgoing } from '../store/outboxRow.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { Carrier } from './delivery.ts';
import type { LiveMail } from './mail.ts';
import type { PeerBook, Peering } from './peering.ts';

export interface PeerMailParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly mail: LiveMail;
  readonly peering: Peering;
  readonly book: PeerBook;
}

/** What is said of a letter behind one that has no room: it keeps its place. */
const BEHIND: Handled = { status: 'pending', receipts: [], reason: 'full: one before it has no room' };

/** What goes in one message, more or less. */
const BATCH_CHARACTERS = 2 * 1024 * 1024;

/** Lets mail go to peers and come from them. */
export const followPeerMail = (parts: PeerMailParts): void => new PeerMail(parts).open();

class PeerMail {
  readonly #parts: PeerMailParts;
  /** Takes the carrier of a peer away. */
  readonly #unlink = new Map<number, () => void>();

  constructor(parts: PeerMailParts) {
    this.#parts = parts;
  }

  open(): void {
    const { peering } = this.#parts;
    peering.answer('peer.mail', ({ letters }, key) => this.#receive(letters, key));
    peering.answer('peer.receipts', ({ receipts }, key) => this.#note(receipts, key));
    peering.onLinked((key) => this.#link(key));
    peering.onPresence = (key, isThere) => this.#tell(key, isThere);
    peering.onDropped = (key) => this.#unlink.get(key)?.();
    peering.onRenamed = (key, before) => this.#renamed(key, before);
  }

  #renamed(key: number, before: PeerName): void {
    const { mail, peering } = this.#parts;
    mail.delivery.renamePeer(before, peering.nameOf(key));
    if (peering.side(key).isLinked) this.#link(key);
  }

  #link(key: number): void {
    this.#unlink.get(key)?.();
    const { mail, peering } = this.#parts;
    this.#unlink.set(key, mail.delivery.link(peering.nameOf(key), this.#carrier(key)));
  }

  #carrier(key: number): Carrier {
    const { peering } = this.#parts;
    const call = (method: 'peer.mail' | 'peer.receipts', params: object): Promise<unknown> =>
      peering.side(key).calls.call(method, params, { isRepeatable: true });
    return {
      deliver: async (batch) => {
        const answers: Handled[] = [];
        for (const letters of parcels(batch.map((mail) => this.#letterOf(mail)))) {
          const answer = await call('peer.mail', { letters });
          answers.push(...z.array(Handled).length(letters.length).parse(answer));
          // What is behind it must not overtake it.
          if (answers.some(({ status }) => status === 'pending')) break;
        }
        return answers.map((answer, index) => ({
          ...answer,
          receipts: answer.receipts.map((receipt) => receiptFrom(batch[index]?.message?.to ?? '', receipt)),
        }));
      },
      receipts: async (receipts) => void (await call('peer.receipts', { receipts })),
    };
  }

  #letterOf({ message, sender, expiresAt }: StoredOutgoing): Letter {
    if (message === undefined) throw new Error('a message without content was about to be sent');
    const { provenance, from, to, ...said } = message;
    const { agent, session, hops } = provenance;
    const { kind, ref } = destinationOf(to);
    const left = expiresAt === null ? null : Date.parse(expiresAt) - Date.parse(this.#parts.clock.now());
    return between['peer.mail'].shape.letters.element.parse({
      ...said,
      sender,
      from,
      to: kind === 'everyone' ? '*' : kind === 'topic' ? `@${ref}` : ref,
      leftMs: left === null ? null : Math.max(0, left),
      agent: agent?.slice(0, 200),
      session: session?.slice(0, 500),
      hops,
    });
  }

  async #receive(letters: readonly Letter[], key: number): Promise<Handled[]> {
    const { store, clock, mail, book, peering } = this.#parts;
    store.mustHaveRoom();
    const delivered = newDelivered();
    const handled = await store.synced(() => {
      const peer = { key, name: peering.nameOf(key), policy: book.policyOf(key) };
      const full = new Set<string>();
      return letters.map((letter): Handled => {
        const lane = `${letter.to} < ${letter.sender}`;
        const handled = full.has(lane) ? BEHIND : receiveLetter(store, peer, letter, delivered, clock.now());
        if (handled.status === 'pending') full.add(lane);
        return handled;
      });
    });
    mail.delivery.announce(delivered);
    // What is held here has an end, too.
    if (letters.some(({ leftMs }) => leftMs !== null)) mail.tidying.scheduleExpiry();
    return handled;
  }

  async #note(
    receipts: z.infer<(typeof between)['peer.receipts']>['receipts'],
    key: number,
  ): Promise<object> {
    const { store, clock, mail, peering } = this.#parts;
    const peer = peering.nameOf(key);
    await store.synced(() => {
      for (const { id, receipt } of receipts) noteForeign(store, peer, id, receipt, clock.now());
    });
    const isOver = receipts.some(({ receipt: { state } }) => state !== 'queued' && state !== 'delivered');
    if (isOver) mail.delivery.roomAt(peer);
    return {};
  }

  /** Whoever follows mail hears who came and went. */
  #tell(key: number, isThere: boolean): void {
    const { store, clock, peering } = this.#parts;
    const event = isThere ? 'peer_join' : 'peer_leave';
    peering.write(() => store.mailEvents.append(event, clock.now(), { peer: peering.nameOf(key) }));
  }
}

/** Letters in their order, so many at a time that a message stays small. */
function* parcels(letters: readonly Letter[]): Generator<Letter[]> {
  let parcel: Letter[] = [];
  let size = 0;
  for (const letter of letters) {
    if (size > BATCH_CHARACTERS) {
      yield parcel;
      parcel = [];
      size = 0;
    }
    parcel.push(letter);
    size += letter.content.length + JSON.stringify(letter.meta).length;
  }
  if (parcel.length > 0) yield parcel;
}
