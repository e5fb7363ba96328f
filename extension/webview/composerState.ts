// What the composer has to know of the session.
import type { ComposerState } from './composer.ts';
import { wordsOf } from './parts.ts';
import { isSound, isWorking, type View } from './view.ts';
import { t } from './l10n.ts';

export const composerState = (view: View): ComposerState => {
  const { panel, open } = view;
  return {
    agentName: open.agentName,
    mode: open.session.mode,
    model: open.session.model ?? open.transcript.model ?? t('Default model'),
    commands: open.transcript.commands,
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
