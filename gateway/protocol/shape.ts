// Objects whose members are made when they are first asked for: of all shapes, a start and a client need a few.
import { z } from 'zod';

/** As `z.object`, which wants its members at once: making all that there are took an eighth of a start. */
export function object<S extends z.core.$ZodLooseShape>(members: () => S): ReturnType<typeof z.object<S>> {
  let made: S | undefined;
  const definition: z.core.$ZodObjectDef = {
    type: 'object',
    get shape() {
      return (made ??= members());
    },
  };
  // What z.object makes of the same members.
  return new z.ZodObject(definition) as ReturnType<typeof z.object<S>>;
}

/** The answer of a call that has nothing to say but that it was done. */
export const ok = object(() => ({ ok: z.literal(true) }));
