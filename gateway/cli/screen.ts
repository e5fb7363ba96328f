// The two ends of a chat: a terminal, where text streams above the line that is being typed, or a pair of pipes.
import {
  createInterface,
  cursorTo,
  clearScreenDown,
  moveCursor,
  type Interface,
  type Key,
} from 'node:readline';
import { Writable } from 'node:stream';
import { Channel } from './channel.ts';

export interface Screen extends Disposable {
  readonly isTerminal: boolean;
  /** What a person or a program has entered, line by line; ends when there will be no more. */
  readonly lines: AsyncIterable<string>;
  /** Shows text that is harmless already. */
  write(text: string): void;
  /** A line was dealt with: the next may be typed. */
  ready(): void;
  /** Whether what is typed is a secret: then it is not shown, and not remembered. */
  hide(isSecret: boolean): void;
  /** Ends `lines`. */
  close(): void;
}

/** `onInterrupt` is Ctrl-C. */
export function openScreen(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  onInterrupt: () => void,
): Screen {
  // A terminal without a cursor, as an editor's may be, is read and written like a pipe.
  return input.isTTY && output.isTTY && process.env['TERM'] !== 'dumb'
    ? new Terminal(input, output, onInterrupt)
    : new Pipes(input, output, onInterrupt);
}

const CTRL_C = '\u0003';

/** Without the characters that Backspace has taken back, and the keys that took them. */
function withoutErased(line: string): string {
  const kept: string[] = [];
  for (const char of line) {
    if (char !== '\u007f' && char !== '\b') kept.push(char);
    else kept.pop();
  }
  return kept.join('');
}

class Pipes implements Screen {
  readonly isTerminal = false;
  readonly lines = new Channel<string>();
  readonly #input: NodeJS.ReadStream;
  readonly #output: NodeJS.WriteStream;
  readonly #reader: Interface;
  readonly #onInterrupt: () => void;

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream, onInterrupt: () => void) {
    this.#input = input;
    this.#output = output;
    this.#onInterrupt = onInterrupt;
    process.on('SIGINT', onInterrupt);
    this.#reader = createInterface({ input, terminal: false });
    this.#reader.on('line', (line) => this.#entered(line)).on('close', () => this.lines.close());
  }

  #entered(line: string): void {
    // A hidden line still holds the keys, like Backspace, that the terminal would have acted upon.
    if (this.#input.isRaw && line.includes(CTRL_C)) this.#onInterrupt();
    else this.lines.push(this.#input.isRaw ? withoutErased(line) : line);
  }

  write(text: string): void {
    this.#output.write(text);
  }

  ready(): void {}

  /** One end may be a terminal all the same, which shows what is typed unless it is told not to. */
  hide(isSecret: boolean): void {
    if (this.#input.isTTY) this.#input.setRawMode(isSecret);
  }

  close(): void {
    this.hide(false);
    this.#reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
    process.off('SIGINT', this.#onInterrupt);
  }
}

/** Asks a terminal to say where what is pasted begins and ends; those that cannot take no notice. */
const TELL_PASTES = '\u001b[?2004h';
const TELL_NO_PASTES = '\u001b[?2004l';

/** While nobody types, text streams as it comes; while somebody does, whole lines appear above the line being typed. */
class Terminal implements Screen {
  readonly isTerminal = true;
  readonly lines = new Channel<string>();
  readonly #output: NodeJS.WriteStream;
  readonly #reader: Interface;
  readonly #gate: Gate;
  #waiting = '';
  #atLineStart = true;
  #isClosed = false;
  #isPasting = false;

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream, onInterrupt: () => void) {
    this.#output = output;
    this.#gate = new Gate(output);
    output.write(TELL_PASTES);
    this.#reader = createInterface({ input, output: this.#gate, terminal: true, prompt: '> ' });
    this.#reader.on('SIGINT', onInterrupt);
    // After Ctrl-Z and fg. readline listens to nothing until it is told to, and the shell has had the terminal meanwhile.
    this.#reader.on('SIGCONT', () => {
      output.write(TELL_PASTES);
      this.#reader.resume();
    });
    // readline's own, to be changed by whoever has typed a secret.
    this.#reader.on('history', (history: string[]) => this.#gate.isBlind && history.shift());
    this.#reader.on('close', () => {
      if (this.#gate.isOpen) this.#hideInput();
      this.#isClosed = true;
      output.write(TELL_NO_PASTES);
      this.lines.close();
    });
    this.#reader.on('line', (line) => {
      // Enter has moved the cursor to the next line already, if the line that it ended was to be seen.
      this.#gate.isOpen = false;
      // Lines that were pasted are one text, as if each but the last ended in a \\: only a person's own Enter sends.
      this.lines.push(this.#isPasting ? `${line}\\` : line);
    });
    // After readline's own listener: what was typed is in `line` now.
    input.on('keypress', this.#typed);
  }

  write(text: string): void {
    this.#waiting += text;
    this.#flush();
  }

  ready(): void {
    if (this.#atLineStart && !this.#gate.isOpen) this.#showInput();
  }

  hide(isSecret: boolean): void {
    this.#gate.isBlind = isSecret;
  }

  close(): void {
    this.#reader.close();
  }

  [Symbol.dispose](): void {
    process.stdin.off('keypress', this.#typed);
    this.close();
    this.#output.write(this.#atLineStart ? this.#waiting : `${this.#waiting}\n`);
  }

  readonly #typed = (_text: unknown, { name }: Key): void => {
    if (name === 'paste-start') this.#isPasting = true;
    if (name === 'paste-end') this.#isPasting = false;
    if (this.#reader.line !== '' && !this.#gate.isOpen) {
      this.#print(this.#atLineStart ? '' : '\n');
      this.#showInput();
    } else if (this.#reader.line === '') {
      this.#flush();
    }
  };

  #flush(): void {
    const isTyping = this.#reader.line !== '';
    const end = isTyping ? this.#waiting.lastIndexOf('\n') + 1 : this.#waiting.length;
    if (end === 0) return;
    const text = this.#waiting.slice(0, end);
    this.#waiting = this.#waiting.slice(end);
    if (this.#gate.isOpen) this.#hideInput();
    this.#print(text);
    if (this.#atLineStart) this.#showInput();
  }

  #print(text: string): void {
    if (text === '') return;
    this.#output.write(text);
    this.#atLineStart = text.endsWith('\n');
  }

  #showInput(): void {
    if (this.#isClosed) return;
    this.#gate.isOpen = true;
    // Not in Node's documentation: where readline believes the input to begin. It begins right here.
    Object.assign(this.#reader, { prevRows: 0 });
    this.#reader.prompt(true);
  }

  #hideInput(): void {
    this.#gate.isOpen = false;
    if (this.#gate.isBlind) return;
    moveCursor(this.#output, 0, -this.#reader.getCursorPos().rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }
}

/** Lets readline draw only while its line is to be seen. */
class Gate extends Writable {
  isOpen = false;
  /** What is typed is nobody's to see. */
  isBlind = false;
  readonly #output: NodeJS.WriteStream;

  constructor(output: NodeJS.WriteStream) {
    super();
    this.#output = output;
    output.on('resize', () => this.emit('resize'));
  }

  get columns(): number {
    return this.#output.columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.isOpen && !this.isBlind) this.#output.write(chunk);
    done();
  }
}
