// What the fake model answers: chosen by a keyword at the start of a line of the last user message.

export interface ModelTool {
  readonly name: string;
  /** The JSON schema of its arguments. */
  readonly schema: unknown;
  /** It takes text instead of JSON. */
  readonly isText?: boolean;
  /** Codex keeps the tools of each server apart by one, which a call has to name. */
  readonly namespace?: string;
}

/** A request to a model, the same for every API. */
export interface ModelRequest {
  readonly text: string;
  /** The last message is the result of a tool. */
  readonly toolResult: string | undefined;
  readonly tools: readonly ModelTool[];
}

export interface ToolUse {
  readonly name: string;
  readonly namespace?: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Reply {
  readonly deltas: readonly string[];
  readonly delayMs?: number;
  readonly thinking?: readonly string[];
  readonly toolUses?: readonly ToolUse[];
  /** stall: never ends. cut: the connection breaks. */
  readonly ending?: 'stall' | 'cut';
  /** An HTTP error instead of an answer. */
  readonly status?: number;
}

/** The exact answer to `SLOW <count>` and to `LONG <count>`. */
export const slowAnswer = (count: number): string => slowDeltas(count).join('');
export const longAnswer = (count: number): string => longDeltas(count).join('');

const slowDeltas = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index} `);
const longDeltas = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index} `);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Agents name the same arguments differently: the first pattern that fits a property's name fills it. */
const argumentsFor = (
  tool: ModelTool,
  values: { path?: string; content?: string; command?: string },
): ToolUse => {
  const schema = isRecord(tool.schema) ? tool.schema : {};
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const fillers: readonly (readonly [RegExp, string | undefined])[] = [
    [/^(file_?path|path|filename|absolute_path)$/i, values.path],
    [/^(content|contents|file_text)$/i, values.content],
    [/^(command|cmd)$/i, values.command],
    // Codex asks a person only for what is to run outside of its sandbox.
    [/^sandbox_permissions$/, 'require_escalated'],
    [/^(description|justification)$/i, `fake: ${values.path ?? values.command ?? ''}`],
  ];
  const input: Record<string, unknown> = {};
  for (const [name, described] of Object.entries(properties)) {
    const value = fillers.find(([pattern]) => pattern.test(name))?.[1];
    const { type, enum: choices } = isRecord(described) ? described : {};
    if (Array.isArray(choices) && (required.includes(name) || choices.includes(value))) {
      input[name] = choices.includes(value) ? value : choices[0];
    } else if (value !== undefined && !Array.isArray(choices)) {
      input[name] = type === 'array' ? ['bash', '-lc', value] : value;
    } else if (required.includes(name)) {
      input[name] = type === 'boolean' ? false : type === 'number' || type === 'integer' ? 1 : '';
    }
  }
  return { name: tool.name, input };
};

const WRITE_TOOLS = ['Write', 'write', 'write_file', 'create'];
const SHELL_TOOLS = ['Bash', 'bash', 'run_shell_command', 'shell', 'exec_command', 'shell_command'];

const toolNamed = (request: ModelRequest, names: readonly string[]): ModelTool => {
  const tool = request.tools.find(({ name, isText }) => names.includes(name) && isText !== true);
  if (tool === undefined) throw new Error(`the agent offers none of ${names.join(', ')}`);
  return tool;
};

/** A tool of our MCP server: agents put its name before the tool's, and may have a tool of their own of that name. */
const mcpTool = ({ tools }: ModelRequest, name: string, input: Readonly<Record<string, unknown>>): Reply => {
  const named = tools.filter((one) => new RegExp(`(?:^|[_-])${name}$`).test(one.name));
  const tool = named.find((one) => /holdfast/.test(`${one.namespace} ${one.name}`));
  if (tool === undefined) {
    throw new Error(`the agent offers no tool ${name}, only ${tools.map((one) => one.name).join(', ')}`);
  }
  return {
    deltas: ['Using a tool. '],
    toolUses: [
      { name: tool.name, ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }), input },
    ],
  };
};

/** The text that mail asks to be answered with, whom, and what. */
const askedByMail = (text: string): { to: string; message: string; reply_to_id: string } | undefined => {
  const [, to, id] = /^Mail for \S+ from (\S+) .*message ([\w-]+)\.$/m.exec(text) ?? [];
  const [, message] = /^> REPLY (.+)$/m.exec(text) ?? [];
  if (to === undefined || id === undefined || message === undefined) return undefined;
  return { to, message, reply_to_id: id };
};

type Answer = (args: string, request: ModelRequest) => Reply;

const shell =
  (times: number): Answer =>
  (args, request) => ({
    deltas: ['Running. '],
    toolUses: Array.from({ length: times }, (_, index) =>
      argumentsFor(toolNamed(request, SHELL_TOOLS), {
        command: times === 1 ? args : `${args} # ${index + 1}`,
      }),
    ),
  });

const ANSWERS: Readonly<Record<string, Answer>> = {
  HELLO: () => ({ deltas: ['Hello', ' from', ' the', ' fake', ' model', '.'] }),
  ECHO: (args) => ({ deltas: [args] }),
  SLOW(args) {
    const [count = 200, delayMs = 50] = args.split(/\s+/).filter(Boolean).map(Number);
    return { deltas: slowDeltas(count), delayMs };
  },
  LONG: (args) => ({ deltas: longDeltas(Number(args) || 1000) }),
  THINK: () => ({ thinking: ['Let me ', 'think ', 'about it.'], deltas: ['Thought', ' done.'] }),
  ERROR: (args) => ({ deltas: [], status: Number(args) || 500 }),
  STALL: () => ({ deltas: ['stalling...'], ending: 'stall' }),
  CUT: () => ({ deltas: ['about ', 'to ', 'cut'], ending: 'cut' }),
  ASK: (_, request) => ({
    deltas: ['Asking. '],
    toolUses: [
      {
        name: toolNamed(request, ['AskUserQuestion']).name,
        input: {
          questions: [
            {
              question: 'Which colour?',
              header: 'Colour',
              options: [
                { label: 'Red', description: 'like fire' },
                { label: 'Blue', description: 'like water' },
              ],
              multiSelect: false,
            },
          ],
        },
      },
    ],
  }),
  TOOL(args, request) {
    const [name = '', ...json] = args.split(' ');
    // A story's own words.
    return mcpTool(request, name, JSON.parse(json.join(' ')) as Record<string, unknown>);
  },
  BASH: shell(1),
  TWO: shell(2),
  WRITE(args, request) {
    const [path = '', ...words] = args.split(' ');
    const content = words.join(' ');
    // Codex has no tool that writes files by JSON: it does so in the shell.
    const hasTool = request.tools.some(({ name }) => WRITE_TOOLS.includes(name));
    const toolUse = hasTool
      ? argumentsFor(toolNamed(request, WRITE_TOOLS), { path, content: `${content}\n` })
      : argumentsFor(toolNamed(request, SHELL_TOOLS), { command: `printf '%s\\n' '${content}' > ${path}` });
    return { deltas: ['I will write. '], toolUses: [toolUse] };
  },
};

const KEYWORD = new RegExp(`^[ \\t"']*(${Object.keys(ANSWERS).join('|')})\\b[ \\t]*(.*)$`, 'gm');

/** The last keyword wins: agents merge the messages of a failed turn with the next one. */
export const keywordIn = (text: string): RegExpExecArray | undefined =>
  [...text.replaceAll(/<system-reminder>[^]*?<\/system-reminder>/g, '').matchAll(KEYWORD)].at(-1);

export const replyTo = (request: ModelRequest): Reply => {
  if (request.toolResult !== undefined) {
    return { deltas: ['DONE ', request.toolResult.slice(0, 80).replaceAll(/\s+/g, ' ')] };
  }
  // Agents ask for titles and the like beside the conversation, without tools.
  if (request.tools.length === 0) return { deltas: ['Fake title'] };
  const asked = askedByMail(request.text);
  if (asked !== undefined) return mcpTool(request, 'send_message', asked);
  const [, keyword = '', args = ''] = keywordIn(request.text) ?? [];
  const answer = ANSWERS[keyword];
  if (answer === undefined) return { deltas: ['OK: ', request.text.trim().slice(0, 60)] };
  return answer(args.trim().replace(/["']$/, ''), request);
};
