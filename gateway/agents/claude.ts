// Speaks with a plain `claude` on the PATH in its own protocol, stream-json: no adapter has to be installed.
import { disposeOn } from '../language.ts';
import { AgentError, type AgentDriver } from './agent.ts';
import { ClaudeConversation } from './claudeConversation.ts';
import type { Program } from './process.ts';

const START_LIMIT_MS = 60_000;

/** How to speak with a program that is Claude Code. `startLimitMs` is how long it may take until it is ready. */
export const claudeDriver = (program: Program, startLimitMs = START_LIMIT_MS): AgentDriver => ({
  async open(options, listener, signal) {
    const attempt = async (resume: string | null): Promise<ClaudeConversation | undefined> => {
      signal.throwIfAborted();
      const limit = AbortSignal.timeout(startLimitMs);
      const conversation = await ClaudeConversation.start(program, options, listener, resume);
      using _ = disposeOn(AbortSignal.any([signal, limit]), conversation);
      try {
        await conversation.initialize(options.mode);
        signal.throwIfAborted();
        return conversation;
      } catch (error) {
        await conversation[Symbol.asyncDispose]();
        signal.throwIfAborted();
        const hung = limit.aborted && options.fork !== true;
        if (resume !== null && (conversation.isLost || hung)) return undefined;
        if (!limit.aborted) throw error;
        throw new AgentError('agent.failed', conversation.describeSilence(startLimitMs / 1000), error);
      }
    };
    const conversation = await attempt(options.resume);
    if (conversation === undefined && options.fork === true) {
      throw new AgentError(
        'agent.failed',
        `${program.name} does not know this conversation any more: it cannot be forked.`,
      );
    }
    // It has lost the session (killed within moments of the first prompt, it has not written it down yet), or hung over it.
    const fresh = conversation ?? (await attempt(null));
    if (fresh === undefined) throw new Error('unreachable: only a resumed session can be lost');
    fresh.opened = options.resume === null ? 'new' : conversation === undefined ? 'fallback' : 'resumed';
    return fresh;
  },
});
