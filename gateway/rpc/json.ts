// Reading JSON that a stranger wrote: nesting is counted before anything is parsed.

/** Ten megabytes of `[` keep JSON.parse busy for seconds; nothing in the contract nests half as deep as this. */
export const MAX_DEPTH = 64;

/** Whether arrays and objects nest no deeper than MAX_DEPTH. One pass, no allocation. */
export function isShallow(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c /* \ */) i += 1;
      else if (char === 0x22 /* " */) inString = false;
    } else if (char === 0x22) {
      inString = true;
    } else if (char === 0x5b /* [ */ || char === 0x7b /* { */) {
      depth += 1;
      if (depth > MAX_DEPTH) return false;
    } else if (char === 0x5d /* ] */ || char === 0x7d /* } */) {
      depth -= 1;
    }
  }
  return true;
}
