// answer: a person's decision about what an agent asks.
import type { GatewayClient } from '../rpc/connect.ts';
import { findPermission, findSession, openPermissions, withGateway } from './client.ts';
import { contentFrom } from './formEntry.ts';
import { oneLine } from './plainText.ts';
import { SESSION } from './sessions.ts';
import { textFrom } from './stdin.ts';
import { typed, UsageError, type Call, type Verb } from './verb.ts';
import { say } from './words.ts';
import {
  isSecret,
  PeerName,
  type Permission,
  type PermissionOption,
  type Result,
} from '../protocol/index.ts';

export const answerVerbs: readonly Verb[] = [
  {
    name: 'permission list',
    summary: 'The open permissions of one session, or of all, on linked machines too',
    options: [
      ['--session-id <session>', SESSION[1]],
      ['--peer <peer>', 'of this linked machine only'],
    ],
    run: (call) =>
      withGateway(async (client) => {
        const answer = await askedFor(client, call);
        call.out.answer(answer, say('permission.list', answer));
      }),
  },
  {
    name: 'answer',
    summary: 'Answer what an agent asks; the first answer counts',
    args: [
      ['<permission>', 'an id, or the beginning of one; list them: holdfast permission list'],
      ['<option>', 'its number, its id, or its words'],
      ['[values...]', 'NAME=VALUE for each field of a form; secrets come on standard input, a line each'],
    ],
    run: (call) =>
      withGateway(async (client) => {
        const permission = await findPermission(client, call.arg(0) ?? '');
        const { optionId, name, kind } = optionOf(permission, call.arg(1) ?? '');
        const { permissionId, sessionId, digest, form } = permission;
        const values = call.args.slice(2);
        if (form === undefined && values.length > 0)
          throw new UsageError('This question has no form to fill in.');
        const isFilled = form !== undefined && kind.startsWith('allow');
        const asksSecret = isFilled && form.fields.some(isSecret);
        if (asksSecret && process.stdin.isTTY)
          throw new UsageError(
            `A terminal would show the secret. Fill the form in with: holdfast chat ${sessionId}; or pipe the secret in, a line each.`,
          );
        const secrets = asksSecret ? (await textFrom('-')).split(/\r?\n/) : [];
        const content = isFilled ? { content: contentFrom(form, values, secrets) } : {};
        // Bound to what was looked up just now: a question that has changed since is not answered.
        const answer = await client.call('permission.answer', { permissionId, optionId, digest, ...content });
        call.out.answer(answer, `Answered: ${oneLine(name)}.`);
      }),
  },
];

/** The open permissions of the session or of the machine that is named; of all when none is. */
async function askedFor(client: GatewayClient, call: Call): Promise<Result<'permission.list'>> {
  const [text, peer] = [call.option('sessionId'), call.option('peer')];
  if (text !== undefined) {
    const { sessionId } = await findSession(client, text);
    return client.call('permission.list', { sessionId });
  }
  if (peer !== undefined) return client.call('permission.list', { peer: typed(PeerName, peer) });
  return { permissions: await openPermissions(client) };
}

/** Ids before words before numbers. Throws when the question offers nothing of the kind. */
export function optionOf({ options }: Pick<Permission, 'options'>, text: string): PermissionOption {
  const found =
    options.find(({ optionId }) => optionId === text) ??
    options.find(({ name }) => name.toLowerCase() === text.toLowerCase()) ??
    (/^[1-9]\d?$/.test(text) ? options[Number(text) - 1] : undefined);
  if (found !== undefined) return found;
  const offered = options.map(
    ({ optionId, name }, index) => `${index + 1} ${oneLine(name)} (${oneLine(optionId)})`,
  );
  throw new UsageError(`There is no option "${oneLine(text)}". Offered: ${offered.join(', ')}.`);
}
