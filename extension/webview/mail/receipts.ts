// What became of a message, in one line: delivered, read, refused, expired, or still on its way.
import type { ThreadMessage } from '../../../gateway/protocol/index.ts';
import { t } from '../l10n.ts';

export interface Said {
  readonly icon: string;
  readonly tone: string;
  readonly words: string;
  /** It was given up, and can be sent again. */
  readonly isDead: boolean;
}

type State = 'delivered' | 'read' | 'refused' | 'expired';

/** undefined: it came from elsewhere and nothing was decided about it here. */
export function receiptOf(message: ThreadMessage, time: (at: string) => string): Said | undefined {
  const { outgoing } = message;
  if (outgoing === null) {
    const refused = message.deliveries.some(({ state }) => state === 'refused');
    return refused ? { icon: 'circle-slash', tone: '', words: t('Refused'), isDead: false } : undefined;
  }
  const { status, lastError, receipts } = outgoing;
  if (status === 'dead') {
    const why = lastError === null ? t('Not delivered.') : t('Not delivered: {0}', lastError);
    return { icon: 'error', tone: 'err', words: why, isDead: true };
  }
  if (status === 'aborted') {
    return { icon: 'circle-slash', tone: '', words: t('Given up. It was sent again.'), isDead: false };
  }
  const at = (state: State): string[] =>
    receipts.filter((receipt) => receipt.state === state).map((receipt) => receipt.at);
  const read = at('read');
  // Whoever has read it has got it.
  const delivered = [...at('delivered'), ...read];
  const refused = at('refused');
  const expired = at('expired');
  if (delivered.length + refused.length + expired.length === 0) {
    // Done here, and nobody has it yet: whoever is to have it lets in nothing without a person.
    const words =
      status === 'done' ? t('Queued. It waits to be let in.') : t('Queued. It waits in the outbox.');
    return { icon: 'clock', tone: '', words, isDead: false };
  }
  const recipients = new Set(receipts.map(({ mailbox }) => mailbox)).size;
  const words =
    recipients === 1
      ? forOne(receipts, message.deliveries[0]?.receivedAt, time)
      : forMany(recipients, receipts);
  const icon =
    refused.length > 0
      ? 'circle-slash'
      : expired.length > 0
        ? 'clock'
        : read.length > 0
          ? 'check-all'
          : 'check';
  return { icon, tone: '', words, isDead: false };
}

type Receipts = NonNullable<ThreadMessage['outgoing']>['receipts'];

/** `arrived`: when it came into a mailbox here; a receipt says only the last thing that happened. */
function forOne(receipts: Receipts, arrived: string | undefined, time: (at: string) => string): string {
  const of = (state: State): string | undefined => receipts.find((receipt) => receipt.state === state)?.at;
  const refused = of('refused');
  if (refused !== undefined) return t('Refused {0}', time(refused));
  const expired = of('expired');
  if (expired !== undefined) return t('Expired {0}', time(expired));
  const read = of('read');
  const delivered = of('delivered') ?? arrived;
  if (read === undefined) return t('Delivered {0}', time(delivered ?? ''));
  return delivered === undefined
    ? t('Read {0}', time(read))
    : t('Delivered {0}, read {1}', time(delivered), time(read));
}

function forMany(recipients: number, receipts: Receipts): string {
  const count = (...states: string[]): number =>
    new Set(receipts.filter(({ state }) => states.includes(state)).map(({ mailbox }) => mailbox)).size;
  return t('Delivered to {0} of {1}, read by {2}', count('delivered', 'read'), recipients, count('read'));
}
