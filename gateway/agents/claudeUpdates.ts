// Reads the lines of Claude's stream-json: what it says, thinks and does; unknown kinds of lines are skipped.
import type { AgentUpdate } from './agent.ts';
import type { ToolCards } from './acpTools.ts';
import { planEntry } from './acpUpdates.ts';
import { toolCard, toolResult } from './claudeTools.ts';
import { list, number, object, text, word, type JsonObject } from './json.ts';

/** Its plan is written by a tool. */
const PLAN_TOOL = 'TodoWrite';

const sum = (usage: JsonObject, ...names: readonly string[]): number =>
  names.reduce((total, name) => total + (number(usage[name]) ?? 0), 0);

export class ClaudeReader {
  readonly #tools: ToolCards;
  /** The agent's own names of what is set, so that only changes are news. */
  #mode: string | undefined;
  #model: string | undefined;
  /** Messages whose text came in pieces: it comes once more as a whole. */
  #streamed = new Set<string>();
  #messageId = '';
  #tokensIn = 0;
  #tokensOut = 0;

  constructor(tools: ToolCards) {
    this.#tools = tools;
  }

  get model(): string | null {
    return this.#model ?? null;
  }

  read(line: JsonObject): AgentUpdate[] {
    // What a subagent says is for the agent that sent it; what it does is shown, because it may be asked about.
    const isMain = typeof line['parent_tool_use_id'] !== 'string';
    switch (line['type']) {
      case 'stream_event':
        return isMain ? this.#piece(object(line['event'])) : [];
      case 'assistant':
        return this.#message(line, isMain);
      case 'user':
        return this.#results(object(line['message']));
      case 'system':
        return this.#system(line);
      case 'result':
        return this.#usage(line);
      default:
        return [];
    }
  }

  /** A piece of an answer: an event of the Anthropic API, as it is. */
  #piece(event: JsonObject): AgentUpdate[] {
    const message = object(event['message']);
    const block = object(event['content_block']);
    const delta = object(event['delta']);
    switch (event['type']) {
      case 'message_start':
        this.#messageId = text(message['id']) ?? '';
        this.#streamed.add(this.#messageId);
        this.#countInput(object(message['usage']));
        return [];
      case 'content_block_start':
        if (block['type'] !== 'tool_use' || block['name'] === PLAN_TOOL) return [];
        // A long file takes its time to be written: the card is there from the first word on.
        return this.#tools.update(toolCard(block['id'], text(block['name']) ?? '', undefined));
      case 'content_block_delta':
        return this.#said(delta, this.#messageId);
      case 'message_delta':
        this.#tokensOut = sum(object(event['usage']), 'output_tokens');
        return [];
      default:
        return [];
    }
  }

  #said(block: JsonObject, key: string): AgentUpdate[] {
    const said = text(block['text']);
    if (said !== undefined && said !== '') return [{ type: 'message', text: said, key }];
    const thought = text(block['thinking']);
    return thought === undefined || thought === '' ? [] : [{ type: 'thought', text: thought, key }];
  }

  /** A whole block of an answer. */
  #message(line: JsonObject, isMain: boolean): AgentUpdate[] {
    const message = object(line['message']);
    const key = text(message['id']) ?? '';
    // An API error in the agent's mouth comes once more as the reason why the turn failed.
    const isNews = isMain && !this.#streamed.has(key) && line['is_api_error_message'] !== true;
    if (isMain && isNews) this.#countInput(object(message['usage']));
    return list(message['content'])
      .map(object)
      .flatMap((block) => {
        if (block['type'] === 'tool_use') return this.#tool(block);
        return isNews ? this.#said(block, key) : [];
      });
  }

  #tool(block: JsonObject): AgentUpdate[] {
    const name = text(block['name']) ?? '';
    const input = object(block['input']);
    if (name === PLAN_TOOL) return [{ type: 'plan', entries: list(input['todos']).flatMap(planEntry) }];
    return this.#tools.update(toolCard(block['id'], name, input));
  }

  #results(message: JsonObject): AgentUpdate[] {
    return list(message['content'])
      .map(object)
      .flatMap((block) => {
        const card = this.#tools.find(text(block['tool_use_id']) ?? '');
        return card === undefined ? [] : this.#tools.update(toolResult(block, card.kind));
      });
  }

  #system(line: JsonObject): AgentUpdate[] {
    if (line['subtype'] === 'api_retry') {
      const seconds = Math.ceil((number(line['retry_delay_ms']) ?? 0) / 1000);
      const why = `${text(line['error']) ?? 'no answer'}, HTTP status ${word(line['error_status']) ?? number(line['error_status']) ?? 'none'}`;
      const attempt = `attempt ${String(line['attempt'])} of ${String(line['max_retries'])}`;
      // Ten attempts take minutes, in which otherwise nothing is to be seen.
      return [{ type: 'thought', text: `The model failed (${why}). Next ${attempt} in ${seconds} s.\n` }];
    }
    return [
      ...this.#modeIs(word(line['permissionMode'])),
      ...this.#modelIs(line['subtype'] === 'init' ? word(line['model']) : undefined),
    ];
  }

  #modeIs(modeId: string | undefined): AgentUpdate[] {
    if (modeId === undefined || modeId === this.#mode) return [];
    this.#mode = modeId;
    return [{ type: 'mode', modeId }];
  }

  #modelIs(model: string | undefined): AgentUpdate[] {
    if (model === undefined || model === this.#model) return [];
    this.#model = model;
    return [{ type: 'model', model }];
  }

  #countInput(usage: JsonObject): void {
    this.#tokensIn = sum(usage, 'input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens');
    this.#tokensOut = sum(usage, 'output_tokens');
  }

  /** The end of a turn says how large the model's context is, and what all of it has cost. */
  #usage(result: JsonObject): AgentUpdate[] {
    this.#streamed = new Set();
    const size = number(object(object(result['modelUsage'])[this.#model ?? ''])['contextWindow']);
    const amount = number(result['total_cost_usd']);
    if (size === undefined || this.#tokensIn === 0) return [];
    const cost = amount === undefined ? {} : { cost: { amount, currency: 'USD' } };
    return [{ type: 'usage', used: this.#tokensIn + this.#tokensOut, size, ...cost }];
  }
}
