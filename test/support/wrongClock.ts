// Loaded before a gateway: its wall clock is wrong by as many milliseconds as the file WRONG_CLOCK says, and jumps when that does.
import { readFileSync } from 'node:fs';

const Right = Date;
const file = process.env['WRONG_CLOCK'] ?? '';
const now = (): number => Right.now() + (Number(readFileSync(file, 'utf8')) || 0);

globalThis.Date = new Proxy(Right, {
  construct: (target, args: unknown[]): Date => {
    // Without arguments a date is the time now.
    const made: unknown = Reflect.construct(target, args.length === 0 ? [now()] : args);
    // The constructor is that of Date.
    return made as Date;
  },
  get: (target, name): unknown => (name === 'now' ? now : Reflect.get(target, name)),
});
