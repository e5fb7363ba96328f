// Every agent gets the tools of mail with its session, whatever it speaks, and can use them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AgentId, MailboxName } from '../../gateway/protocol/index.ts';
import { startGateway } from '../support/gateway.ts';
import { allowing } from '../support/realAgents/allowing.ts';
import { startFakeModels } from '../support/realAgents/fakeModels.ts';
import { prepareRealAgent, realAgentIds } from '../support/realAgents/realAgents.ts';

/** Agents install once and start slowly on a loaded machine. */
const PATIENCE = { timeout: 300_000 };
const PATIENCE_MS = 120_000;

describe('the tools of mail', PATIENCE, () => {
  // Qwen's model has to search for such tools first, and finds Qwen's own of these names there: the fake one cannot.
  for (const id of realAgentIds().filter((one) => one !== 'qwen')) {
    test(`${id} asks who can be written to, and writes`, PATIENCE, async () => {
      await using models = await startFakeModels();
      await using agent = await prepareRealAgent(id, models.url);
      const { name, command, args, env, recipe } = agent;
      const protocol = id === 'claude' ? 'claude' : 'acp';
      await using gateway = await startGateway({
        config: { http: { port: 0 }, agents: { [id]: { name, command, args, env, protocol } } },
      });
      const client = await gateway.connect();
      const desk = MailboxName.parse('desk');
      await client.call('mailbox.create', { name: desk });
      const sessionId = await client.newSession({ agent: AgentId.parse(id), mode: recipe.mode ?? 'ask' });
      const follower = await client.follow(sessionId);
      const say = async (message: string): Promise<void> => {
        const { promptId } = await client.call('session.send', { sessionId, message });
        const end = follower.until(
          (event) => event.type === 'result' && event.promptId === promptId,
          PATIENCE_MS,
        );
        await allowing(client, PATIENCE_MS, end);
      };

      await say('TOOL list_agents {}');
      const shown = JSON.stringify([follower.of('tool_use'), follower.of('tool_update')]);
      assert.match(shown, /desk/, 'what the tool answers is shown');

      await say('TOOL send_message {"to": "desk", "message": "the build is green"}');
      const { messages } = await client.call('mail.inbox', { mailbox: desk });
      const { mailboxes } = await client.call('mailbox.list', {});
      const own = mailboxes.find((mailbox) => mailbox.sessionId === sessionId);
      assert.deepEqual(
        messages.map(({ from, content, provenance }) => [from, content, provenance.via]),
        [[own?.name, 'the build is green', 'mcp']],
      );
    });
  }
});
