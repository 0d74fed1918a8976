import { describeValue } from './describe-value';

/**
 * What went wrong, for programs. The message is for people.
 *
 * - `INVALID_ARGUMENT`: an option or argument is outside what is allowed;
 * - `INVALID_SHAPE`: a tensor or data set has the wrong shape or width;
 * - `INVALID_DATA`: a file or buffer is not what it claims to be (truncated, foreign, wrong type);
 * - `CHECKSUM_MISMATCH`: a file is well formed, but is not the published one;
 * - `FILE_NOT_FOUND`: a required file or package is missing;
 * - `DOWNLOAD_FAILED`: no server delivered a required file;
 * - `DIVERGED`: the training loss became NaN or infinite;
 * - `IN_USE`: a model, an optimizer, or a schedule belongs to a run that has not ended;
 * - `THREAD_LOST`: one of the threads that a run needs could not be started, or has ended;
 * - `UNSUPPORTED`: the request cannot be fulfilled with the given objects.
 */
export type HarmonicErrorCode =
  | 'INVALID_ARGUMENT'
  | 'INVALID_SHAPE'
  | 'INVALID_DATA'
  | 'CHECKSUM_MISMATCH'
  | 'FILE_NOT_FOUND'
  | 'DOWNLOAD_FAILED'
  | 'DIVERGED'
  | 'IN_USE'
  | 'THREAD_LOST'
  | 'UNSUPPORTED';

/**
 * The parts of an error message. Without a `problem`, the message is "`argument` is `value`; it must be `allowed`."; the file
 * comes first, the fix last. Texts mention other options with {@link option}.
 */
export interface ErrorFields {
  /** The path of the offending option, argument, or setting: `epochs`, `hidden[1]`, `metadata.note`. */
  argument?: string;
  /** The value received. */
  value?: unknown;
  /** What it must be, as a phrase to follow "it must be": `an integer at least 1`. */
  allowed?: string;
  /** What is wrong, as a complete sentence. */
  problem?: string;
  /** What to do about it, in a sentence or two. */
  fix?: string;
  /** The offending file. */
  file?: string;
}

/** Returns an interface's own name for an option, or undefined if the interface has no such option. */
export type NameOption = (option: string) => string | undefined;

const mark = { begin: '\u{E010}', end: '\u{E011}' };
const mention = new RegExp(`${mark.begin}([^${mark.end}]*)${mark.end}`, 'g');

/**
 * Mentions an option in a text of {@link ErrorFields}, so that an interface with a different name for it, such as a command
 * line, can substitute its own.
 *
 * @example
 * ```ts
 * new HarmonicError('INVALID_SHAPE', {
 *   problem: 'The inputs are 784 wide, but the model takes 100.',
 *   fix: `Make the model with ${option('inputSize')} 784.`,
 * });
 * ```
 */
export const option = (name: string): string => `${mark.begin}${name}${mark.end}`;

/** Replaces the options that a text mentions with an interface's names for them. */
const named = (text: string, nameOption: NameOption): string =>
  text.replace(mention, (_, name: string) => nameOption(name) ?? name);

const marker = Symbol.for('harmonic-mlp.error');
const ownNames: NameOption = (name) => name;

/**
 * The error class of all the project's packages. `code` is the kind of error. The fields give the offending argument, its
 * value, what is allowed, how to fix it, and the file; the message is built from them.
 *
 * @example
 * ```ts
 * try {
 *   randomKey(-1);
 * } catch (error) {
 *   if (HarmonicError.is(error)) console.log(error.code, error.argument, error.allowed);
 * }
 * ```
 */
export class HarmonicError<Code extends string = HarmonicErrorCode> extends Error {
  /** The name of the class, which Node prints, even where a bundler renames the class. */
  // No field, for Chromium before 98 cannot define a static one of this name.
  static override get name(): string {
    return 'HarmonicError';
  }
  /** The name of the class. */
  override readonly name: string = 'HarmonicError';
  /** The kind of error. */
  readonly code: Code;
  /** Recognizes the class across duplicate copies of this package, where `instanceof` cannot. */
  readonly [marker] = true;
  readonly #fields: ErrorFields;

  /** @param fields the parts of the message, or the message itself. */
  constructor(code: Code, fields: ErrorFields | string, options?: { cause?: unknown }) {
    const given = typeof fields === 'string' ? { problem: fields } : fields;
    super(render(given, ownNames), options);
    this.code = code;
    this.#fields = given;
  }

  /** The path of the offending option, argument, or setting, such as `hidden[1]`. */
  get argument(): string | undefined {
    return this.#fields.argument;
  }

  /** The value received. */
  get value(): unknown {
    return this.#fields.value;
  }

  /** What it must be, as a phrase to follow "it must be". */
  get allowed(): string | undefined {
    return this.#text('allowed');
  }

  /** What to do about it. */
  get fix(): string | undefined {
    return this.#text('fix');
  }

  /** The offending file. */
  get file(): string | undefined {
    return this.#fields.file;
  }

  /**
   * The message in an interface's own terms. A fix that mentions an option the interface does not have is omitted.
   *
   * @param nameOption returns the interface's name for an option, or undefined if it has no such option.
   */
  describe(nameOption: NameOption): string {
    return render(this.#fields, nameOption);
  }

  /** A copy of this error with some fields replaced and this error as its cause; used where the file is known. */
  with(fields: ErrorFields): HarmonicError<Code> {
    return new HarmonicError(this.code, { ...this.#fields, ...fields }, { cause: this });
  }

  /** Whether `value` is a `HarmonicError`, including one thrown by another copy of this package. */
  static is(value: unknown): value is HarmonicError {
    return value instanceof Error && (value as Partial<HarmonicError>)[marker] === true;
  }

  #text(field: 'allowed' | 'fix'): string | undefined {
    const text = this.#fields[field];
    return text === undefined ? undefined : named(text, ownNames);
  }
}

function render(
  { argument, value, allowed, problem, fix, file }: ErrorFields,
  nameOption: NameOption,
): string {
  const what =
    problem ?? `${option(argument ?? 'A value')} is ${describeValue(value)}; it must be ${allowed}.`;
  // The first part of a path is the option.
  const name: NameOption = (path) => {
    const end = path.search(/[.[\]]|$/);
    const own = nameOption(path.slice(0, end));
    return own === undefined ? undefined : own + path.slice(end);
  };
  const isMeant =
    fix !== undefined && [...fix.matchAll(mention)].every(([, path]) => name(path) !== undefined);
  const before = file === undefined ? '' : `${file}: `;
  // After a problem that ends with a list, the fix goes on its own line.
  const after = isMeant ? `${what.endsWith('\n') ? '' : ' '}${named(fix, name)}` : '';
  return `${before}${named(what, name)}${after}`;
}
