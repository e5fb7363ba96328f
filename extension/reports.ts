// What the gateway's command line tells, in an editor that one can read, search and copy: doctor's findings and the log.
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { nodePathWords, type Program } from './dial.ts';
import { t } from './l10n.ts';

const SCHEME = 'holdfast-report';
const LIMIT_MS = 20_000;
const MOST_BYTES = 4 * 1024 * 1024;

export class Reports implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #program: (args: readonly string[]) => Program;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly #texts = new Map<string, string>();

  constructor(program: (args: readonly string[]) => Program) {
    this.#program = program;
  }

  provideTextDocumentContent({ path }: vscode.Uri): string {
    return this.#texts.get(path) ?? t('This report is of an earlier window. Run its command again.');
  }

  /** Runs a verb and shows what it says; a report of the same name becomes the new one. */
  async show(name: string, args: readonly string[]): Promise<void> {
    const title = t('Asking the gateway');
    const text = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
      this.ask(args),
    );
    await this.showText(name, text);
  }

  /** Runs a verb, and answers what it says. */
  ask(args: readonly string[]): Promise<string> {
    return said(this.#program(args));
  }

  async showText(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}` });
    this.#texts.set(uri.path, text);
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

/** Its exit code says that something is to be mended; that stands in the words as well. */
const said = ({ command, args, env }: Program): Promise<string> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: LIMIT_MS, maxBuffer: MOST_BYTES };
    execFile(command, [...args], options, (error, stdout, stderr) =>
      resolve(
        [stdout, stderr].join('\n').trim() ||
          (error?.code === 'ENOENT' ? nodePathWords(command) : (error?.message ?? '')),
      ),
    );
  });
