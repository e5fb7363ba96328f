// One notification that lasts as long as what it tells of, and may say something else meanwhile.
import * as vscode from 'vscode';

export class Toast {
  #end = (): void => {};
  #say: ((words: string) => void) | undefined;

  /** Comes up, also where somebody has closed it before. */
  show(words: string): void {
    this.hide();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#end = resolve;
    // Only the notification of a progress can be taken back. Its bar stands still at nothing: there is no progress.
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification }, async (progress) => {
      const say = (message: string): void => progress.report({ message, increment: 0 });
      say(words);
      if (this.#end === resolve) this.#say = say;
      await promise;
    });
  }

  /** Where it is up, it says this now. */
  say(words: string): void {
    this.#say?.(words);
  }

  hide(): void {
    this.#end();
    this.#say = undefined;
  }
}
