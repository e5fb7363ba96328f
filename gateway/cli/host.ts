// accept-host: says that a state folder belongs to this machine now. Runs where no gateway does, so it needs none.
import { existsSync } from 'node:fs';
import { keepHost } from '../peers/host.ts';
import { forgetIdentity, identityFile } from '../peers/identity.ts';
import { stateFolder } from '../rpc/paths.ts';
import { ifRunning } from './client.ts';
import type { Verb } from './verb.ts';

export const hostVerbs: readonly Verb[] = [
  {
    name: 'accept-host',
    summary: 'Say that this state folder belongs to this machine now, after it was copied or moved',
    options: [['--keep-identity', 'the other copy is not used any more: this one stays the same peer']],
    more: 'Without --keep-identity it becomes a peer of its own, and other gateways join it again.',
    async run(call) {
      const home = stateFolder();
      if (!existsSync(home)) throw new Error(`There is no state in ${home}: nothing has to be accepted.`);
      if ((await ifRunning(async ({ info }) => info)) !== undefined)
        throw new Error(
          'A gateway runs here, so its machine is known. For a new identity: holdfast peers rotate',
        );
      const hadIdentity = existsSync(identityFile(home));
      const keeps = call.flag('keepIdentity') === true;
      if (!keeps) forgetIdentity(home);
      keepHost(home);
      const lines = [`${home} belongs to this machine now.`];
      if (hadIdentity && !keeps) lines.push('As a peer it is a new one: invite or join its peers again.');
      call.out.answer({ ok: true, newIdentity: hadIdentity && !keeps }, lines);
    },
  },
];
