// What the composer has to know of the session.
import type { ComposerState } from './composer.ts';
import type { OpenSession } from './panel.ts';
import { wordsOf } from './parts.ts';
import { isSound, isWorking, type View } from './view.ts';
import { t } from './l10n.ts';

export const composerState = (view: View): ComposerState => {
  const { panel, open } = view;
  const { commands } = open.transcript;
  return {
    agentName: open.agentName,
    mode: open.session.mode,
    model: modelName(open),
    commands: commands.length > 0 ? commands : (open.offers?.commands ?? []),
    isLinked: isSound(view),
    isMachineSilent: panel.machine !== undefined && panel.machine.state !== 'connected',
    isWorking: isWorking(view),
    steers: panel.steers,
    queues: isWorking(view) ? !panel.steers : open.transcript.held,
    earlier: open.transcript.parts
      .flatMap((part) => (part.kind === 'prompt' ? [wordsOf(part.message)] : []))
      .filter((words) => words !== ''),
    refusal: panel.refusal?.about === '' ? panel.refusal.message : undefined,
  };
};

/** As the agent calls it for people, where it has said so. */
const modelName = ({ session, transcript, offers }: OpenSession): string => {
  const model = session.model ?? transcript.model;
  return offers?.models.find(({ value }) => value === model)?.name ?? model ?? t('Default model');
};
