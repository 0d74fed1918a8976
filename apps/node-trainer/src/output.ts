import { createColors } from 'picocolors';
import { ExitCode } from './exit-code';
import { reason } from './file-system';
import { interruptAll } from './interruption';
import { withSpaces, wrapped } from './wrapped';

/** What becomes of the program when an output can no longer be written. */
let policy: 'end' | 'go on' = 'end';

/** From now on, what cannot be written is dropped: the work is worth more than its report. */
export function goOnWithoutOutput(): void {
  policy = 'go on';
}

/** One of the two streams that a program writes to; it may be a terminal, a file or a pipe, and may fail at any time. */
class Output {
  readonly #name: string;
  readonly #stream: NodeJS.WriteStream;
  #failure: NodeJS.ErrnoException | undefined;

  constructor(name: string, stream: NodeJS.WriteStream) {
    this.#name = name;
    this.#stream = stream;
    // Without a listener an error would end the process, wherever it stands.
    stream.on('error', (error) => this.#fail(error));
  }

  /** Whether somebody sees it at once, and lines can be written over. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** The width in characters; what is no terminal has 80. */
  get width(): number {
    return this.#stream.columns || 80;
  }

  /** What colors text, or leaves it as it is where no escape codes may be written. */
  get colors(): ReturnType<typeof createColors> {
    const { NO_COLOR, FORCE_COLOR } = process.env;
    if (NO_COLOR) return createColors(false);
    if (FORCE_COLOR !== undefined) return createColors(!['0', 'false'].includes(FORCE_COLOR));
    return createColors(this.isTerminal);
  }

  /** Writes lines as they are. */
  print(text = ''): void {
    this.write(`${text}\n`);
  }

  /** Writes prose: on a terminal, lines break between words, but not within commands; those that follow are indented. */
  say(text: string, indent = 0): void {
    this.print(this.#stream.isTTY ? wrapped(text, this.width, indent) : text);
  }

  /** Writes text as it is. */
  write(text: string): void {
    try {
      this.#stream.write(withSpaces(text));
    } catch (error) {
      // Streams of files throw, in some releases of Node.
      this.#fail(error as NodeJS.ErrnoException);
    }
  }

  /** Whether all that was written has arrived, once that is known. */
  async hasArrived(): Promise<boolean> {
    await new Promise<void>((resolve) => {
      try {
        this.#stream.write('', () => resolve());
      } catch {
        resolve();
      }
    });
    return this.#failure === undefined;
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    // Who reads it may stop reading, as head does, and knows that.
    const isUnread = error.code === 'EPIPE';
    if (policy === 'go on' || (isUnread && this === errors)) return;
    if (!isUnread) this.#tellElsewhere(error);
    end(isUnread ? ExitCode.success : ExitCode.failure);
  }

  #tellElsewhere(error: NodeJS.ErrnoException): void {
    const other = this === errors ? output : errors;
    // Standard output holds nothing but JSON then.
    if (other.#failure !== undefined || (other === output && process.argv.includes('--json'))) return;
    other.print(`error: ${this.#name} cannot be written: ${reason(error)}.`);
  }
}

/** Standard output: what was asked for. */
export const output = new Output('standard output', process.stdout);
/** Standard error: progress and errors. */
export const errors = new Output('standard error', process.stderr);

/** Prints one object a line on standard output, for programs. */
export function printJson(value: object): void {
  output.print(JSON.stringify(value));
}

let exitCode: number | undefined;

/** What the process is to exit with because of its output, if that has failed. */
export const exitCodeOfOutput = (): number | undefined => exitCode;

/** Ends the process, once what is in the midst of something has undone or saved it. */
function end(code: number): void {
  exitCode = code;
  if (!interruptAll()) process.exit(code);
}
