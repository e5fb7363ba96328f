// One plain line about what is being done, for the person who waits.
export type Say = (line: string) => void;

export const say: Say = (line) => console.error(`[setup] ${line}`);
