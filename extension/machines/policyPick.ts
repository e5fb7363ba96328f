// What another machine may do here, as a list to tick.
import * as vscode from 'vscode';
import type { PeerPolicy } from '../../gateway/protocol/index.ts';
import { t } from '../l10n.ts';

interface Part extends vscode.QuickPickItem {
  readonly part: 'see' | 'mail' | 'prompt' | 'interrupt' | 'answer';
}

const parts = (): readonly Part[] => [
  { part: 'see', label: t('See sessions'), detail: t('Their list, and all that is said in them') },
  { part: 'mail', label: t('Exchange mail'), detail: t('Mail to a session is held until you accept it') },
  {
    part: 'prompt',
    label: t('Send prompts'),
    detail: t('Also starts sessions here and takes tasks; its mail reaches agents'),
  },
  { part: 'interrupt', label: t('Stop turns'), detail: t('Ends what an agent is doing') },
  {
    part: 'answer',
    label: t('Answer permissions'),
    detail: t('Whoever sits there can let agents here do anything'),
  },
];

export const policyWords = (policy: PeerPolicy): string => {
  const allowed = parts().filter(({ part }) => isAllowed(policy, part));
  return allowed.length === 0 ? t('nothing') : allowed.map(({ label }) => label).join(', ');
};

const isAllowed = (policy: PeerPolicy, part: Part['part']): boolean =>
  part === 'mail' ? policy.mail !== 'refuse' : policy[part];

/** Undefined: nothing was chosen. */
export async function pickPolicy(title: string, now: PeerPolicy): Promise<PeerPolicy | undefined> {
  const items = parts().map((item) => ({ ...item, picked: isAllowed(now, item.part) }));
  const placeHolder = t('What may it do on this machine?');
  const picked = await vscode.window.showQuickPick(items, { canPickMany: true, title, placeHolder });
  if (!picked) return undefined;
  const has = (part: Part['part']): boolean => picked.some((item) => item.part === part);
  return {
    see: has('see'),
    // Who had to wait for a person still has to.
    mail: !has('mail') ? 'refuse' : now.mail === 'refuse' ? 'accept' : now.mail,
    prompt: has('prompt'),
    interrupt: has('interrupt'),
    answer: has('answer'),
  };
}
