// What JavaScript says too clumsily to be written out each time.

/** A member that may be undefined becomes one that may be absent. */
type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same members without those that are undefined: in JSON and in the contract, what is not said is absent. */
export const withoutUndefined = <T extends object>(members: T): Present<T> =>
  // The type of entries cannot say which members the filter has let through.
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>;

/** What went wrong, in words: anything can be thrown, not only an Error. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The beginning of a text, at most so long: never half of a character that JavaScript counts as two. */
export const beginning = (text: string, length: number): string =>
  text.slice(
    0,
    text.length > length && /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) ? length - 1 : length,
  );

/** Resolves when something is done, or when it has taken so long. */
export const within = async (ms: number, done: Promise<unknown>): Promise<void> => {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([done, late]).finally(() => clearTimeout(timer));
};

/** Disposes of something as soon as the signal aborts, unless the result was disposed of before. */
export const disposeOn = (signal: AbortSignal, owned: AsyncDisposable): Disposable => {
  const end = (): void => void owned[Symbol.asyncDispose]();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', end) };
};

/** Whether a value is an object with members: JSON that others wrote can be anything. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
