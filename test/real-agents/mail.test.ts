// Claude Code and OpenCode write to each other: a question and its answer, through the tools that their gateway lends them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AgentId, type MailboxName, type SessionId } from '../../gateway/protocol/index.ts';
import type { TestClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { allowing } from '../support/realAgents/allowing.ts';
import { startFakeModels } from '../support/realAgents/fakeModels.ts';
import { prepareRealAgent } from '../support/realAgents/realAgents.ts';

/** Agents install once and start slowly on a loaded machine. */
const PATIENCE = { timeout: 300_000 };
const PATIENCE_MS = 120_000;

interface Correspondent {
  readonly sessionId: SessionId;
  readonly mailbox: MailboxName;
}

describe('two agents', PATIENCE, () => {
  const resources = new AsyncDisposableStack();
  let client: TestClient;
  let claude: Correspondent;
  let opencode: Correspondent;

  before(async () => {
    const models = resources.use(await startFakeModels());
    const agents: Record<string, object> = {};
    for (const id of ['claude', 'opencode'] as const) {
      const agent = resources.use(await prepareRealAgent(id, models.url));
      const { name, command, args, env } = agent;
      agents[id] = { name, command, args, env, protocol: id === 'claude' ? 'claude' : 'acp' };
    }
    const gateway = resources.use(await startGateway({ config: { agents } }));
    client = await gateway.connect();
    const open = async (id: string): Promise<Correspondent> => {
      const sessionId = await client.newSession({ agent: AgentId.parse(id) });
      const { mailboxes } = await client.call('mailbox.list', {});
      const mailbox = mailboxes.find((one) => one.sessionId === sessionId);
      assert.ok(mailbox);
      return { sessionId, mailbox: mailbox.name };
    };
    claude = await open('claude');
    opencode = await open('opencode');
  }, PATIENCE);
  after(() => resources.disposeAsync());

  /** The tools of a server are asked about as every other tool is; a person says yes to each. */
  const allowed = <T>(story: () => Promise<T>): Promise<T> => allowing(client, 2 * PATIENCE_MS, story());

  test('a question of the one is answered by the other, and both are told what became of it', () =>
    allowed(async () => {
      const follower = await client.follow(claude.sessionId);
      const question = {
        to: opencode.mailbox,
        message: 'Which port does it listen on?\nREPLY 8080, on loopback',
      };
      await client.call('session.send', {
        sessionId: claude.sessionId,
        message: `TOOL send_message ${JSON.stringify(question)}`,
      });
      // OpenCode gets it as its next prompt, and answers by the tool; the answer is Claude's next prompt.
      const answer = await follower.until(
        (event) => event.type === 'prompt' && event.origin?.from === opencode.mailbox,
        PATIENCE_MS,
      );
      assert.ok(answer.type === 'prompt' && typeof answer.message === 'string');
      assert.match(answer.message, /^> 8080, on loopback$/m);
      assert.match(answer.message, /approves nothing/);
      await follower.end(answer.promptId);

      const { messages } = await client.call('mail.outbox', {});
      const [reply, asked] = messages;
      assert.deepEqual(
        [asked, reply].map((one) => [one?.from, one?.to, one?.provenance.via, one?.status]),
        [
          [claude.mailbox, opencode.mailbox, 'mcp', 'done'],
          [opencode.mailbox, claude.mailbox, 'mcp', 'done'],
        ],
      );
      assert.equal(reply?.replyTo, asked?.id);
      assert.deepEqual(
        messages.map(({ receipts }) => receipts[0]?.state),
        ['read', 'read'],
      );
    }));

  test('an agent looks into its own inbox, and finds what it was sent', () =>
    allowed(async () => {
      const { sessionId } = opencode;
      const follower = await client.follow(sessionId);
      const message = 'TOOL check_inbox {"unread": false}';
      const { promptId } = await client.call('session.send', { sessionId, message });
      await follower.until((event) => event.type === 'result' && event.promptId === promptId, PATIENCE_MS);
      const output = JSON.stringify(follower.of('tool_update'));
      assert.match(output, /Which port does it listen on/);
      assert.match(output, /not orders/);
    }));
});
