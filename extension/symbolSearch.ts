// Symbols of the workspace that the text after an @ may mean, as VS Code's language services know them.
import * as vscode from 'vscode';
import type { FoundFile } from './chatMessages.ts';
import { placeInside } from './inside.ts';

const SHOWN = 8;
/** Fewer letters mean everything. */
const LEAST = 2;

/** An icon for what people look for most; everything else is a symbol. */
const ICONS: Readonly<Partial<Record<vscode.SymbolKind, string>>> = {
  [vscode.SymbolKind.Class]: 'symbol-class',
  [vscode.SymbolKind.Constant]: 'symbol-constant',
  [vscode.SymbolKind.Enum]: 'symbol-enum',
  [vscode.SymbolKind.Function]: 'symbol-method',
  [vscode.SymbolKind.Interface]: 'symbol-interface',
  [vscode.SymbolKind.Method]: 'symbol-method',
  [vscode.SymbolKind.Variable]: 'symbol-variable',
};

export async function findSymbols(query: string): Promise<readonly FoundFile[]> {
  if (query.length < LEAST || query.includes('/')) return [];
  const found = await vscode.commands.executeCommand<readonly vscode.SymbolInformation[] | undefined>(
    'vscode.executeWorkspaceSymbolProvider',
    query,
  );
  const words = query.toLowerCase();
  const near = (found ?? [])
    .filter(({ name, location }) => name.toLowerCase().includes(words) && location.uri.scheme === 'file')
    .toSorted((a, b) => a.name.length - b.name.length)
    .slice(0, 2 * SHOWN);
  const inside = await Promise.all(
    near.map(({ location }) => placeInside(location.uri.fsPath, undefined).then(Boolean, () => false)),
  );
  return near
    .filter((_, index) => inside[index])
    .slice(0, SHOWN)
    .map(asFound);
}

function asFound({ name, kind, location: { uri, range } }: vscode.SymbolInformation): FoundFile {
  const lines = `L${range.start.line + 1}-${range.end.line + 1}`;
  return {
    kind: 'symbol',
    icon: ICONS[kind] ?? 'symbol-misc',
    uri: uri.with({ fragment: lines }).toString(),
    name: name.slice(0, 200),
    path: vscode.workspace.asRelativePath(uri),
  };
}
