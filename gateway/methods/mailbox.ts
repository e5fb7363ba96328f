// mailbox.* and profile.*: who can be written to, and what each tells of itself.
import { withoutUndefined } from '../language.ts';
import { Problem, type Mailbox, type mailMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import { tellOfMailbox } from '../store/mailReceipt.ts';
import type { StoredMailbox } from '../store/mailbox.ts';
import { ownMailbox, type MailParts } from './mail.ts';
import type { Gateway } from './parts.ts';

/** What mailboxes need of the gateway. */
export type MailboxParts = MailParts & { readonly peering: Pick<Gateway['peering'], 'mailboxes'> };

type MailboxMethod = Extract<keyof typeof mailMethods, `mailbox.${string}` | `profile.${string}`>;

export const mailboxHandlers = (gateway: MailboxParts): Handlers<MailboxMethod> => {
  const { store, mail, peering, bus, clock } = gateway;
  const shown = ({ key, identity: _, sessionKey: __, ...mailbox }: StoredMailbox): Mailbox => {
    const { name, sessionId, profile } = mailbox;
    const socket = bus.socketOf(name);
    // A name like claude-0001 tells nobody what is worked on there.
    const session =
      profile.title === '' && sessionId !== undefined ? store.sessions.find(sessionId) : undefined;
    const title = session?.session.title.slice(0, 100).toWellFormed() ?? profile.title;
    return {
      ...mailbox,
      profile: { ...profile, title },
      ...(socket === undefined ? {} : { socket }),
      ...store.inbox.counts({ key }),
    };
  };
  const changed = (mailbox: StoredMailbox, subtype: string): void =>
    tellOfMailbox(store, mailbox, subtype, clock.now());
  return {
    'mailbox.create': async ({ name, policy, topics }) => {
      const made = await store.synced(() => {
        const mailbox = store.mailboxes.insert(name, policy, topics, clock.now());
        changed(mailbox, 'mailbox.created');
        return mailbox;
      });
      await bus.sync();
      return shown(made);
    },

    'mailbox.list': (_params, caller) => ({
      mailboxes: [
        ...store.mailboxes
          .list()
          .filter(
            ({ profile, sessionId }) =>
              profile.visible || caller.sessionId === undefined || caller.sessionId === sessionId,
          )
          .map(shown),
        ...peering.mailboxes(),
      ],
    }),

    'mailbox.update': async ({ name, rename, policy, topics }) => {
      const made = await store.synced(() => {
        const mailbox = store.mailboxes.get(name);
        if (rename !== undefined && mailbox.kind === 'person') {
          throw new Problem('mailbox.state', 'The mailbox of the person keeps its name.', { mailbox: name });
        }
        const updated = store.mailboxes.update(mailbox, { rename, policy, topics });
        changed(updated, 'mailbox.changed');
        return updated;
      });
      if (rename !== undefined) await bus.sync();
      return shown(made);
    },

    'mailbox.destroy': async ({ name }) => {
      const mailbox = store.mailboxes.get(name);
      if (mailbox.kind !== 'program') {
        const why = mailbox.kind === 'person' ? 'It is for whoever sits here' : 'It goes with its session';
        throw new Problem('mailbox.state', `${name} cannot be destroyed. ${why}.`, { mailbox: name });
      }
      await store.synced(() => {
        changed(mailbox, 'mailbox.destroyed');
        store.mailboxes.remove(mailbox);
      });
      mail.removed(mailbox.key);
      await bus.sync();
      return { ok: true };
    },

    'profile.get': ({ mailbox: name }, caller) => {
      const { name: mailbox, profile } =
        name === undefined ? ownMailbox(gateway, caller, name) : store.mailboxes.get(name);
      return { ...profile, mailbox };
    },

    'profile.set': async ({ mailbox: name, ...given }, caller) => {
      const mailbox = ownMailbox(gateway, caller, name);
      const change = withoutUndefined(given);
      await store.synced(() => {
        store.mailboxes.setProfile(mailbox, change);
        changed(mailbox, 'profile');
      });
      if (mailbox.sessionId !== undefined) mail.delivery.mayHaveTime(mailbox.sessionId);
      return { ok: true, applied: Object.keys(change) };
    },
  };
};
