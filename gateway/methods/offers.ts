// session.offers and session.set_option: what an agent can be set to.
import { Problem, type offerMethods } from '../protocol/index.ts';
import type { Handlers } from '../rpc/dispatch.ts';
import type { Gateway } from './parts.ts';

export const offerHandlers = ({ store, live }: Gateway): Handlers<keyof typeof offerMethods> => ({
  'session.offers': ({ sessionId }) => ({ offers: store.offers.of(store.sessions.get(sessionId)) ?? null }),

  'session.set_option': async ({ sessionId, optionId, value }) => {
    const session = store.sessions.get(sessionId);
    const { options = [] } = store.offers.of(session) ?? {};
    const option = options.find((offered) => offered.optionId === optionId);
    if (option?.values.some((offered) => offered.value === value) !== true) {
      const [kind, offered] =
        option === undefined
          ? [`option "${optionId}"`, options.map((one) => one.optionId)]
          : [`value "${value}" for ${optionId}`, option.values.map((one) => one.value)];
      throw new Problem(
        'option.unsupported',
        offered.length === 0
          ? 'The agent has offered no options. It may once it has been started: send a prompt first.'
          : `The agent has no ${kind}. It offers: ${offered.join(', ')}.`,
        { offered },
      );
    }
    await live.find(sessionId)?.configure({ option: { optionId, value } });
    return store.synced(() => {
      // It may have been destroyed meanwhile.
      store.offers.choose(store.sessions.get(sessionId), optionId, value);
      return { ok: true } as const;
    });
  },
});
