// Mail at work: what carries it, who waits for it, and who follows it.
import type { Committed } from '../store/store.ts';
import { Delivery, type DeliveryWorld } from './delivery.ts';
import { MailFeed } from './mailFeed.ts';
import { MailTidying } from './mailTidying.ts';
import { Readers } from './readers.ts';

export class LiveMail implements AsyncDisposable {
  readonly readers: Readers;
  readonly delivery: Delivery;
  readonly feed: MailFeed;
  readonly tidying: MailTidying;

  constructor(world: Omit<DeliveryWorld, 'readers' | 'onBack'>) {
    const { store, clock } = world;
    this.readers = new Readers(store.inbox, clock);
    const onBack = (): void => this.tidying.scheduleExpiry();
    this.delivery = new Delivery({ ...world, readers: this.readers, onBack });
    this.feed = new MailFeed(store.mailEvents, () => clock.now());
    this.tidying = new MailTidying(world);
  }

  /** Goes on with what the previous gateway has left. */
  async recover(): Promise<void> {
    await this.delivery.recover();
    this.tidying.start();
  }

  /** Hears of each commit. */
  committed(committed: Committed): void {
    this.delivery.committed(committed);
    if (!committed.mail) return;
    this.feed.publish();
    this.tidying.committed();
  }

  /** A mailbox is gone: who waits for something from it, or for room in it, is told. */
  removed(mailboxKey: number): void {
    this.readers.remove(mailboxKey);
    this.delivery.roomIn(mailboxKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.tidying[Symbol.dispose]();
    await this.delivery[Symbol.asyncDispose]();
  }
}
