// answer: a person's decision about what an agent asks.
import { findPermission, withGateway } from './client.ts';
import { oneLine } from './plainText.ts';
import { UsageError, type Verb } from './verb.ts';
import type { Permission, PermissionOption } from '../protocol/index.ts';

export const answerVerbs: readonly Verb[] = [
  {
    name: 'answer',
    summary: 'Answer what an agent asks; the first answer counts',
    args: [
      ['<permission>', 'an id, or the beginning of one; list them: holdfast permission list'],
      ['<option>', 'its number, its id, or its words'],
    ],
    run: (call) =>
      withGateway(async (client) => {
        const permission = await findPermission(client, call.arg(0) ?? '');
        const { optionId, name } = optionOf(permission, call.arg(1) ?? '');
        const { permissionId, digest } = permission;
        // Bound to what was looked up just now: a question that has changed since is not answered.
        const answer = await client.call('permission.answer', { permissionId, optionId, digest });
        call.out.answer(answer, `Answered: ${oneLine(name)}.`);
      }),
  },
];

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
