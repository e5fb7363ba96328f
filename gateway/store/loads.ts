// How much waits in each of many places: counted when it is first asked for, and kept up to date from then on.
import type { Load } from '../core/mail.ts';
import { Cache } from './cache.ts';
import type { Row } from './database.ts';

/** What a query for `messages` and `bytes` has counted. */
export const loadIn = (row: Row | undefined): Load => ({
  messages: Number(row?.['messages']),
  bytes: Number(row?.['bytes']),
});

export class Loads extends Cache<string, Load> {
  /** What waits in a place; `count` asks the database. */
  of(place: string, count: () => Row | undefined): Load {
    let load = this.get(place);
    if (load === undefined) this.set(place, (load = loadIn(count())));
    return load;
  }

  /** So much came, or left. Where nobody has asked yet, it is counted when somebody does. */
  add(place: string, messages: number, bytes: number): void {
    const load = this.get(place);
    if (load !== undefined)
      this.set(place, { messages: load.messages + messages, bytes: load.bytes + bytes });
  }
}
