import { createColors } from 'picocolors';
import { ExitCode } from './exit-code';
import { reason } from './file-system';
import { interruptAll } from './interruption';
import { withSpaces, wrapped } from './wrapped';

/** What the program does when an output can no longer be written. */
let policy: 'end' | 'continue' = 'end';

/** From now on, output that cannot be written is dropped: the work matters more than its report. */
export function tolerateClosedOutput(): void {
  policy = 'continue';
}

/** One of the two streams that a program writes to: a terminal, a file or a pipe, which may fail at any time. */
class Output {
  readonly #name: string;
  readonly #stream: NodeJS.WriteStream;
  #failure: NodeJS.ErrnoException | undefined;

  constructor(name: string, stream: NodeJS.WriteStream) {
    this.#name = name;
    this.#stream = stream;
    // Without a listener, an error would end the process at any point.
    stream.on('error', (error) => this.#fail(error));
  }

  /** Whether it is a terminal on which lines can be overwritten. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** The width in characters; 80 unless it is a terminal. */
  get width(): number {
    return this.#stream.columns || 80;
  }

  /** Functions that color text, or leave it unchanged where escape codes are unwanted. */
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

  /** Writes prose: on a terminal, lines are broken between words but not within commands, and the following ones are indented. */
  say(text: string, indent = 0): void {
    this.print(this.#stream.isTTY ? wrapped(text, this.width, indent) : text);
  }

  /** Writes text as it is. */
  write(text: string): void {
    try {
      this.#stream.write(withSpaces(text));
    } catch (error) {
      // In some releases of Node, streams to files throw.
      this.#fail(error as NodeJS.ErrnoException);
    }
  }

  /** Waits for everything to be written; false if it could not be. */
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
    // A reader such as head may stop reading at any time, which is not an error.
    const isUnread = error.code === 'EPIPE';
    if (policy === 'continue' || (isUnread && this === errors)) return;
    if (!isUnread) this.#tellElsewhere(error);
    end(isUnread ? ExitCode.success : ExitCode.failure);
  }

  #tellElsewhere(error: NodeJS.ErrnoException): void {
    const other = this === errors ? output : errors;
    // With --json, standard output may contain nothing else.
    if (other.#failure !== undefined || (other === output && process.argv.includes('--json'))) return;
    other.print(`error: ${this.#name} cannot be written: ${reason(error)}.`);
  }
}

/** Standard output: for results. */
export const output = new Output('standard output', process.stdout);
/** Standard error: for progress and errors. */
export const errors = new Output('standard error', process.stderr);

/** Prints an object on a line of standard output, for programs. */
export function printJson(value: object): void {
  output.print(JSON.stringify(value));
}

let exitCode: number | undefined;

/** The exit code of the process if its output has failed. */
export const exitCodeOfOutput = (): number | undefined => exitCode;

/** Ends the process, after the work in progress has been saved or undone. */
function end(code: number): void {
  exitCode = code;
  if (!interruptAll()) process.exit(code);
}
