// The only door to the extension host: typed messages out, typed messages in, and the state that outlives a reload.
import type { ToHost, ToPanel } from '../chatMessages.ts';
import type { Kept } from './state.ts';

export type { ToHost, ToPanel };

export interface Host {
  post(message: ToHost): void;
  receive(listener: (message: ToPanel) => void): void;
  /** What was last kept, or undefined. Anybody may have written it, so it is not trusted. */
  kept(): unknown;
  keep(state: Kept): void;
}

export function connectHost(): Host {
  const vscode = acquireVsCodeApi();
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- VS Code's own, not that of a window
    post: (message) => vscode.postMessage(message),
    // Only the extension host can post into this frame, and the contract says that the panel trusts it.
    receive: (listener) =>
      window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => listener(data)),
    kept: () => vscode.getState(),
    keep: (state) => {
      vscode.setState(state);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- as above
      vscode.postMessage({ type: 'keep', sessionId: state.sessionId, kept: JSON.stringify(state) });
    },
  };
}
