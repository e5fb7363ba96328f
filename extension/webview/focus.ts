// Where the keyboard goes when the part that had it is redrawn or gone: never anywhere else, and never by itself.

export interface Focused {
  /** The question whose options have the focus. */
  readonly permissionId?: string;
  /** The waiting prompt whose row has the focus, and its place. */
  readonly queued?: { readonly promptId: string; readonly index: number };
}

/** To be asked before drawing. */
export function focused(): Focused {
  const active = document.activeElement;
  const permissionId = active?.closest('.options')?.closest<HTMLElement>('[data-permission-id]')?.dataset[
    'permissionId'
  ];
  const row = active?.closest<HTMLElement>('.queued');
  const promptId = row?.dataset['promptId'];
  return {
    ...(permissionId !== undefined && { permissionId }),
    ...(promptId !== undefined && {
      queued: {
        promptId,
        index: Number(row?.dataset['index'] ?? 0),
      },
    }),
  };
}

/** After drawing: to the verdict, to the row that was moved or edited, or to the row that took a removed one's place. */
export function refocus({ permissionId, queued }: Focused): void {
  if (document.activeElement !== document.body) return;
  if (permissionId !== undefined) {
    const verdict = `[data-permission-id="${CSS.escape(permissionId)}"] .verdict`;
    document.querySelector<HTMLElement>(verdict)?.focus();
  }
  if (queued === undefined) return;
  const rows = [...document.querySelectorAll<HTMLElement>('.queued')];
  const same = rows.find(({ dataset }) => dataset['promptId'] === queued.promptId);
  const row = same ?? rows[Math.min(queued.index, rows.length - 1)];
  (row ?? document.querySelector<HTMLElement>('.field'))?.focus();
}

export const isMotionReduced = (): boolean =>
  matchMedia('(prefers-reduced-motion: reduce)').matches ||
  document.body.classList.contains('vscode-reduce-motion');
