// A list of listeners: vscode.EventEmitter's small sister, for the files that also run without VS Code.

export interface Disposable {
  dispose(): void;
}

export type Listen<T> = (listener: (value: T) => void) => Disposable;

export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event: Listen<T> = (listener) => {
    // Wrapped, so that one function can listen twice and each disposal ends its own.
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return { dispose: () => this.#listeners.delete(own) };
  };

  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
}
