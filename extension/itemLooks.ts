// What items of trees have in common: colours that high contrast has as well, and tooltips that are nothing but text.
import * as vscode from 'vscode';

/** High contrast leaves the colours of lists undefined. */
function colour(usual: string, inHighContrast: string): vscode.ThemeColor {
  const { HighContrast, HighContrastLight } = vscode.ColorThemeKind;
  const isHigh = [HighContrast, HighContrastLight].includes(vscode.window.activeColorTheme.kind);
  return new vscode.ThemeColor(isHigh ? inHighContrast : usual);
}

export const warningColour = (): vscode.ThemeColor =>
  colour('list.warningForeground', 'editorWarning.foreground');

export const errorColour = (): vscode.ThemeColor => colour('list.errorForeground', 'errorForeground');

/** Paragraphs, without the empty ones. */
export function tooltipOf(...lines: readonly string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', false);
  text.supportHtml = false;
  text.isTrusted = false;
  for (const line of lines) if (line !== '') text.appendText(line).appendMarkdown('\n\n');
  return text;
}
