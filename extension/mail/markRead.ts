// What has been read of a thread is acknowledged.
import type { ThreadMessage } from '../../gateway/protocol/index.ts';
import type { Connection } from '../connection.ts';
import { PERSON } from './replyAddress.ts';

/** Acknowledges what waits for the person among these messages, if anything does. */
export async function markRead(connection: Connection, messages: readonly ThreadMessage[]): Promise<void> {
  const ids = messages
    .filter(({ deliveries }) =>
      deliveries.some(({ mailbox, state }) => mailbox === PERSON && state === 'delivered'),
    )
    .map(({ id }) => id);
  if (ids.length > 0) await connection.call('mail.ack', { ids });
}
