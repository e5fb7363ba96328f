// Where somebody reads: the first part in sight and how much of it has gone by.
import type { Anchor } from './state.ts';

const partsIn = (scroller: HTMLElement): NodeListOf<HTMLElement> =>
  scroller.querySelectorAll<HTMLElement>('.transcript > [data-key]');

export function measure(scroller: HTMLElement): Anchor {
  const top = scroller.getBoundingClientRect().top;
  for (const part of partsIn(scroller)) {
    const box = part.getBoundingClientRect();
    if (box.bottom > top + 1) return { key: part.dataset['key'] ?? '', offset: Math.round(top - box.top) };
  }
  return 'end';
}

/** Brings the part back to where it was; false: it is not in the page. */
export function place(scroller: HTMLElement, anchor: Exclude<Anchor, 'end'>): boolean {
  const part = [...partsIn(scroller)].find(({ dataset }) => dataset['key'] === anchor.key);
  if (part === undefined) return false;
  const now = scroller.getBoundingClientRect().top - part.getBoundingClientRect().top;
  if (Math.abs(now - anchor.offset) > 1) scroller.scrollTop += anchor.offset - now;
  return true;
}
