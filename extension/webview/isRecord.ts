// Whether a value is an object with members: what agents send and what was kept can be anything.
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
