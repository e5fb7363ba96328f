// Whom one can write to, as the list in VS Code offers it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipients } from '../../extension/mail/mailAddresses.ts';
import { MailboxName, PeerName, Profile } from '../../gateway/protocol/index.ts';

const mailbox = (name: string, peer?: string, summary = '') => ({
  name: MailboxName.parse(name),
  profile: Profile.parse({ summary }),
  ...(peer === undefined ? {} : { peer: PeerName.parse(peer) }),
});

test('a mailbox of another machine is written to there, not to its namesake here', () => {
  const all = [
    mailbox('person'),
    mailbox('claude-0001', undefined, 'tests'),
    mailbox('claude-0001', 'box'),
    mailbox('person', 'box'),
  ];
  assert.deepEqual(recipients(all, ['person', 'ci', 'claude-0001@box']), [
    { address: 'ci', about: '' },
    { address: 'claude-0001', about: 'tests' },
    { address: 'claude-0001@box', about: '' },
    { address: 'person@box', about: '' },
  ]);
});
