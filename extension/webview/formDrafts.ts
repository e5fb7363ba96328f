// What is entered in forms that nobody has sent yet: it outlives the page, which VS Code throws away when it is hidden.
import type { FormContent } from '../../gateway/protocol/index.ts';
import { isRecord, membersThat } from './isRecord.ts';

export type KeptForms = Readonly<Record<string, FormContent>>;

const isValue = (value: unknown): value is FormContent[string] =>
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every((one) => typeof one === 'string'));

const isContent = (value: unknown): value is FormContent =>
  isRecord(value) && Object.values(value).every(isValue);

/** Anybody may have written it: what does not fit is left out. */
export const readForms = (value: unknown): KeptForms => membersThat(isContent, value);
