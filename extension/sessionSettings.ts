// How a session's agent works: its mode and its model, asked for in VS Code's own lists.
import * as vscode from 'vscode';
import type { AgentOption, Mode, Offers, Session } from '../gateway/protocol/index.ts';
import type { Connection } from './connection.ts';
import { t } from './l10n.ts';
import { plain } from './plainText.ts';
import { titleOf } from './sessionGroups.ts';

/** The most careful one first. */
const MODES: Readonly<Record<Mode, { readonly name: () => string; readonly explained: () => string }>> = {
  ask: {
    name: () => t('Ask'),
    explained: () => t('Asks before each change and each command'),
  },
  plan: {
    name: () => t('Plan'),
    explained: () => t('Reads and plans, changes nothing'),
  },
  code: {
    name: () => t('Code'),
    explained: () => t('Edits files without asking, asks before the rest'),
  },
  auto: {
    name: () => t('Auto'),
    explained: () => t('Asks nothing. Everything the agent wants to do is done'),
  },
};

/** As people call it. */
export const modeName = (mode: Mode): string => MODES[mode].name();

/** `now`: what it is so far. `offered`: what the agent can do, as far as it has said. Undefined: the person left. */
export async function chooseMode({
  title,
  now,
  offered = [],
}: {
  readonly title: string;
  readonly now?: Mode;
  readonly offered?: readonly Mode[];
}): Promise<Mode | undefined> {
  // Keys of a literal table of all modes.
  const all = Object.keys(MODES) as Mode[];
  const possible = offered.length === 0 ? all : all.filter((mode) => offered.includes(mode));
  const items = possible.map((mode) => ({
    label: MODES[mode].name(),
    description: mode === now ? t('now') : '',
    detail: MODES[mode].explained(),
    mode,
  }));
  const choice = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: t('How much may the agent do without asking?'),
  });
  return choice?.mode;
}

export async function pickMode(session: Session, connection: Connection): Promise<void> {
  const { sessionId, mode: now } = session;
  const offered = (await offersOf(session, connection))?.modes ?? [];
  const mode = await chooseMode({ title: t('Mode of {0}', titleOf(session, 60)), now, offered });
  if (mode !== undefined && mode !== now) await connection.call('session.set_mode', { sessionId, mode });
}

/** What can be chosen in the list of models: a model, or one of the agent's own settings. */
interface Choice extends vscode.QuickPickItem {
  readonly choose?: () => Promise<unknown>;
}

const row = (name: string, description: string | undefined, isNow: boolean): vscode.QuickPickItem => ({
  label: plain(name, 80),
  description: isNow ? t('now') : '',
  ...(description === undefined ? {} : { detail: plain(description, 160) }),
});

const separator = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });

/** The models that the agent offers, its own settings below them, and any other name for what it does not list. */
export async function pickModel(session: Session, connection: Connection): Promise<void> {
  const { sessionId } = session;
  const offers = await offersOf(session, connection);
  if (offers === undefined || (offers.models.length === 0 && offers.options.length === 0))
    return nameModel(session, connection);
  const set = (model: string | null): Promise<unknown> =>
    connection.call('session.set_model', { sessionId, model });
  const models = offers.models.map(({ value, name, description }): Choice => ({
    ...row(name, description, value === session.model),
    choose: () => set(value),
  }));
  const own: Choice = {
    ...row(t("The agent's own choice"), undefined, session.model === null),
    choose: () => set(null),
  };
  const other: Choice = {
    label: t('Another model...'),
    choose: () => nameModel(session, connection),
  };
  const options = offers.options.map((option): Choice => ({
    label: plain(option.name, 80),
    description: plain(option.values.find(({ value }) => value === option.value)?.name ?? '', 80),
    choose: () => pickOption(session, option, connection),
  }));
  const settings = options.length === 0 ? [] : [separator(t('Settings of the agent')), ...options];
  const choice = await vscode.window.showQuickPick<Choice>([...models, own, other, ...settings], {
    title: t('Model of {0}', titleOf(session, 60)),
    matchOnDetail: true,
  });
  await choice?.choose?.();
}

async function pickOption(session: Session, option: AgentOption, connection: Connection): Promise<void> {
  const { optionId } = option;
  const items = option.values.map(({ value, name, description }) => ({
    ...row(name, description, value === option.value),
    value,
  }));
  const choice = await vscode.window.showQuickPick(items, {
    title: t('{0} of {1}', plain(option.name, 60), titleOf(session, 60)),
    ...(option.description === undefined ? {} : { placeHolder: plain(option.description, 160) }),
  });
  if (choice === undefined) return;
  await connection.call('session.set_option', {
    sessionId: session.sessionId,
    optionId,
    value: choice.value,
  });
}

/** undefined: nobody has started this agent yet, or the gateway is an older one that does not say. */
async function offersOf({ sessionId }: Session, connection: Connection): Promise<Offers | undefined> {
  try {
    return (await connection.call('session.offers', { sessionId })).offers ?? undefined;
  } catch {
    return undefined;
  }
}

async function nameModel(session: Session, connection: Connection): Promise<void> {
  const input = await vscode.window.showInputBox({
    title: t('Model of {0}', titleOf(session, 60)),
    prompt: t("As the agent names it. Empty: the agent's own choice, from its next start on."),
    value: session.model ?? '',
  });
  if (input === undefined) return;
  const model = input.trim() === '' ? null : input.trim();
  if (model === session.model) return;
  await connection.call('session.set_model', { sessionId: session.sessionId, model });
}
