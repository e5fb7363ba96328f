// VS Code's own lists for mail: where to, how soon, and what a mailbox lets in.
import * as vscode from 'vscode';
import type { MailPolicy, Mailbox, Priority } from '../../gateway/protocol/index.ts';
import type { Connection } from '../connection.ts';
import { t } from '../l10n.ts';
import { plainLabel } from '../plainText.ts';
import { recipients } from './mailAddresses.ts';

/** An address: of the list, or typed. undefined: the person left. */
export async function pickAddress(
  mailboxes: readonly Mailbox[],
  participants: readonly string[] = [],
): Promise<string | undefined> {
  const { Address } = await import('../../gateway/protocol/mail.ts');
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly address: string }>();
  pick.title = t('Write to');
  pick.placeholder = t('A mailbox, name@machine, @topic, or * for everyone');
  const known = recipients(mailboxes, participants).map(({ address, about }) => ({
    address,
    label: plainLabel(address),
    description: plainLabel(about, 80),
  }));
  const offer = (): void => {
    const typed = Address.safeParse(pick.value).data;
    const isNew = typed !== undefined && !known.some(({ address }) => address === typed);
    pick.items = isNew ? [...known, { address: typed, label: plainLabel(typed), description: '' }] : known;
  };
  offer();
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const listening = vscode.Disposable.from(
    pick,
    pick.onDidChangeValue(offer),
    pick.onDidAccept(() => resolve(pick.selectedItems[0]?.address)),
    pick.onDidHide(() => resolve(undefined)),
  );
  pick.show();
  const address = await promise;
  listening.dispose();
  return address;
}

export async function pickPriority(): Promise<Priority | undefined> {
  const entry = (priority: Priority, label: string, detail: string) => ({ priority, label, detail });
  const choice = await vscode.window.showQuickPick(
    [
      entry('now', t('Now'), t('Before all that waits. A running turn is not stopped.')),
      entry('next', t('Next'), t('In order.')),
      entry('low', t('Low'), t('When nothing else is left to do.')),
    ],
    { title: t('How soon?') },
  );
  return choice?.priority;
}

const POLICIES: Readonly<Record<MailPolicy, () => vscode.QuickPickItem>> = {
  accept: () => ({ label: t('Accept'), detail: t('Mail goes to the agent, marked as mail.') }),
  hold: () => ({ label: t('Hold'), detail: t('Mail waits until a person lets it in.') }),
  refuse: () => ({ label: t('Refuse'), detail: t('Mail is sent back.') }),
};

export const policyName = (policy: MailPolicy): string => POLICIES[policy]().label;

/** Asks what a mailbox lets in, and sets it. */
export async function pickPolicy(
  connection: Connection,
  { name, policy: now }: Pick<Mailbox, 'name'> & Partial<Mailbox>,
): Promise<void> {
  // Keys of a literal table of all policies.
  const items = (Object.keys(POLICIES) as MailPolicy[]).map((policy) => ({
    ...POLICIES[policy](),
    description: policy === now ? t('now') : '',
    policy,
  }));
  const title = t('What may come into {0}?', plainLabel(name));
  const choice = await vscode.window.showQuickPick(items, { title });
  if (choice !== undefined) await connection.call('mailbox.update', { name, policy: choice.policy });
}
