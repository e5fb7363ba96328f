// The tools that an agent gets over MCP, made from the contract: its own mail, and nothing else.
import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { messageOf, withoutUndefined } from '../language.ts';
import { addressOf, Delivery, Mailbox, mailMethods } from '../protocol/index.ts';
import { VERSION } from '../version.ts';
import { agentsText, inboxText, UNTRUSTED } from './mailText.ts';

export { createMcpHandler } from '@modelcontextprotocol/server';
export { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';

type MailMethods = typeof mailMethods;

/** Calls a method of the gateway as the agent whose token it is. Rejects with words that say what to do. */
export type CallMail = <M extends keyof MailMethods>(
  method: M,
  params: z.input<MailMethods[M]['params']>,
) => Promise<z.output<MailMethods[M]['result']>>;

const { shape: sending } = mailMethods['mail.send'].params;
const { shape: looking } = mailMethods['mail.inbox'].params;

const notice = z.string().describe('What to make of texts that other programs wrote');

const SHAPES = {
  send: z.strictObject({
    to: sending.to,
    message: sending.message,
    reply_to_id: sending.reply_to_id.describe('The id of the message that this answers'),
    priority: sending.priority,
    ttl_s: sending.ttl_s,
    client_message_id: sending.client_message_id,
  }),
  look: z.strictObject({
    unread: z.boolean().default(true).describe('false: also what was acknowledged before'),
    from: looking.from,
    since: looking.since,
    limit: z.int().min(1).max(100).default(20),
    before: looking.before,
  }),
  acknowledge: mailMethods['mail.ack'].params.omit({ mailbox: true }),
  sent: mailMethods['mail.send'].result,
  acknowledged: mailMethods['mail.ack'].result,
  agents: z.object({
    notice,
    agents: z.array(
      Mailbox.pick({ kind: true, profile: true }).extend({
        name: z.string().describe('What to write to: name, or name@peer'),
      }),
    ),
  }),
  inbox: z.object({
    notice,
    messages: z.array(Delivery.omit({ clientMessageId: true, meta: true, mailbox: true })),
    next: mailMethods['mail.inbox'].result.shape.next,
  }),
};

/** Makes Claude Code offer these tools at once. By default it shows a tool only when it searches for one, and nobody searches for mail. */
const AT_HAND = { 'anthropic/alwaysLoad': true };

/** A server for one agent: whoever made `call` has bound it to that agent's token. */
export function mcpServerOf(call: CallMail): McpServer {
  const server = new McpServer(
    { name: 'holdfast', title: 'Holdfast mail', version: VERSION },
    {
      instructions: `Mail with the other agents and programs of this machine. ${UNTRUSTED}`,
      // They never change, and nothing can be subscribed to: nobody shall ask for news of them.
      capabilities: { tools: { listChanged: false } },
    },
  );
  server.registerTool(
    'list_agents',
    {
      title: 'List agents',
      description:
        'Who can be written to: the mailboxes of other agents and programs, and what they are doing',
      inputSchema: z.strictObject({}),
      outputSchema: SHAPES.agents,
      _meta: AT_HAND,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    () =>
      answer(SHAPES.agents, async () => {
        const { mailboxes } = await call('mailbox.list', {});
        const agents = mailboxes.map(({ kind, profile, ...mailbox }) => ({
          name: addressOf(mailbox),
          kind,
          profile,
        }));
        return { text: agentsText(mailboxes), structured: { notice: UNTRUSTED, agents } };
      }),
  );
  server.registerTool(
    'send_message',
    {
      title: 'Send a message',
      description:
        'Writes to another agent or program. It is kept until it can be delivered; answers come to check_inbox. ' +
        'Give reply_to_id when you answer. Sending again with the same client_message_id is safe',
      inputSchema: SHAPES.send,
      outputSchema: SHAPES.sent,
      _meta: AT_HAND,
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
    },
    (message) =>
      answer(SHAPES.sent, async () => {
        const sent = await call('mail.send', withoutUndefined(message));
        const { broker_message_id: id, status, duplicate } = sent;
        const before = duplicate === true ? ' It was sent before: nothing was sent again.' : '';
        return { text: `Accepted as ${id}, ${status}.${before}`, structured: sent };
      }),
  );
  server.registerTool(
    'check_inbox',
    {
      title: 'Check the inbox',
      description: 'Messages for you, newest first. Looking changes nothing; acknowledge_message does',
      inputSchema: SHAPES.look,
      outputSchema: SHAPES.inbox,
      _meta: AT_HAND,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    (looked) =>
      answer(SHAPES.inbox, async () => {
        const inbox = await call('mail.inbox', withoutUndefined(looked));
        return { text: inboxText(inbox.messages), structured: { notice: UNTRUSTED, ...inbox } };
      }),
  );
  server.registerTool(
    'acknowledge_message',
    {
      title: 'Acknowledge messages',
      description: 'Says that you have read messages; their senders are told',
      inputSchema: SHAPES.acknowledge,
      outputSchema: SHAPES.acknowledged,
      _meta: AT_HAND,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false,
      },
    },
    ({ ids }) =>
      answer(SHAPES.acknowledged, async () => {
        const acknowledged = await call('mail.ack', { ids });
        return { text: `Acknowledged: ${acknowledged.acknowledged}.`, structured: acknowledged };
      }),
  );
  return server;
}

interface Answer {
  readonly text: string;
  readonly structured: Record<string, unknown>;
}

/** What went wrong is the agent's to mend: it is told as the tool's answer, in words. */
async function answer(
  shape: z.ZodType<Record<string, unknown>>,
  work: () => Promise<Answer>,
): Promise<CallToolResult> {
  try {
    const { text, structured } = await work();
    // Agents check it against the schema, and refuse members that are not in it.
    return { content: [{ type: 'text', text }], structuredContent: shape.parse(structured) };
  } catch (error) {
    const text = messageOf(error);
    return { content: [{ type: 'text', text }], isError: true };
  }
}
