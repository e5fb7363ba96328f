// Whether a value is an object with members: what agents send and what was kept can be anything.
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The members of a value whose values fit; none if it is no object. */
export const membersThat = <V>(fit: (value: unknown) => value is V, value: unknown): Record<string, V> =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, V] => fit(entry[1])))
    : {};
