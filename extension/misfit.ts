// A gateway that runs but cannot be spoken with, because it is older or newer than this extension: what is said of that.
import { isRecord } from '../gateway/language.ts';
import { Problem } from '../gateway/protocol/problems.ts';
import { t } from './l10n.ts';

/** What the gateway is. */
export type Misfit = 'older' | 'newer';

/** undefined: the link failed for another reason. */
export function misfitOf(error: unknown): Misfit | undefined {
  if (!(error instanceof Problem) || error.problem !== 'protocol.version') return undefined;
  // They have nothing in common, so that the highest versions tell.
  return highest(error.data['gateway']) < highest(error.data['client']) ? 'older' : 'newer';
}

/** Read by hand: the schemas would be loaded before VS Code has its views. */
const highest = (range: unknown): number => (isRecord(range) ? Number(range['max']) : 0);

export const misfitWords = (misfit: Misfit): string =>
  misfit === 'older'
    ? t('The gateway that runs is older than this extension. Restart it.')
    : t(
        'The gateway that runs is newer than this extension. Reload the window; if it stays so, update Holdfast.',
      );
