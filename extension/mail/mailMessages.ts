// The contract between the page of a mail thread and the extension host; the host checks what comes from the page.
import { z } from 'zod';
import {
  ClientMessageId,
  MailboxName,
  MessageId,
  Priority,
  SessionId,
  type MailThread,
  type ThreadMessage,
} from '../../gateway/protocol/index.ts';

/** What a message to the thread would be: where it goes and how soon. */
export interface Reply {
  readonly to: string;
  readonly priority: Priority;
}

/** Host to page. */
export type ToThread =
  | {
      readonly type: 'thread';
      readonly thread: MailThread;
      readonly messages: readonly ThreadMessage[];
      readonly reply: Reply;
      /** Titles of sessions, by their mailboxes. */
      readonly titles: Readonly<Record<string, string>>;
      /** Icons of agents, by their names. */
      readonly icons: Readonly<Record<string, string>>;
    }
  | { readonly type: 'reply'; readonly reply: Reply }
  | { readonly type: 'link'; readonly isLinked: boolean }
  | { readonly type: 'sent'; readonly clientMessageId: string }
  | { readonly type: 'refused'; readonly clientMessageId?: string; readonly message: string }
  | { readonly type: 'focusInput' };

/** Page to host. Anything else is dropped. */
export const FromThread = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  /** clientMessageId is minted by the page, so that sending again after a lost answer is harmless. */
  z.strictObject({
    type: z.literal('send'),
    threadId: MessageId,
    clientMessageId: ClientMessageId,
    text: z.string().min(1).max(200_000),
  }),
  z.strictObject({ type: z.literal('pickTo') }),
  z.strictObject({ type: z.literal('pickPriority') }),
  z.strictObject({
    type: z.literal('decide'),
    mailbox: MailboxName,
    id: MessageId,
    decision: z.enum(['accept', 'refuse']),
  }),
  z.strictObject({ type: z.literal('requeue'), id: MessageId }),
  z.strictObject({ type: z.literal('policy'), mailbox: MailboxName }),
  z.strictObject({ type: z.literal('openSession'), sessionId: SessionId }),
]);
export type FromThread = z.infer<typeof FromThread>;
/** As the page writes it: ids are not branded yet. */
export type ToMailHost = z.input<typeof FromThread>;
