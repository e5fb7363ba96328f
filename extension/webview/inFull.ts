// Text that somebody judges: characters that hide or reorder it are named and marked.
import { html } from 'lit';
import { revealAll } from './reveal.ts';

export const inFull = (text: string): unknown =>
  revealAll(text).map((piece) =>
    piece.isHidden ? html`<span class="hidden-char">${piece.text}</span>` : piece.text,
  );
