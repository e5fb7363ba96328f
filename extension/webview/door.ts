// The only door of a page to the extension host: messages out, messages in, and the state that outlives a reload.

export interface Door<Out, In> {
  post(message: Out): void;
  receive(listener: (message: In) => void): void;
  /** What was last kept, or undefined. Anybody may have written it, so it is not trusted. */
  kept(): unknown;
  keep(state: unknown): void;
}

/** Once in a page: VS Code gives its end of the door out only once. */
export function openDoor<Out, In>(): Door<Out, In> {
  const vscode = acquireVsCodeApi();
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- VS Code's own, not that of a window
    post: (message) => vscode.postMessage(message),
    // Only the extension host can post into this frame, and the contract says that the page trusts it.
    receive: (listener) => window.addEventListener('message', ({ data }: MessageEvent<In>) => listener(data)),
    kept: () => vscode.getState(),
    keep: (state) => vscode.setState(state),
  };
}
