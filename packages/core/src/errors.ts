import { describeValue } from './describe-value';

/**
 * What went wrong, for programs. The message says it for people.
 *
 * - `INVALID_ARGUMENT`: an option or argument is outside what is allowed;
 * - `INVALID_SHAPE`: a tensor or data set has the wrong shape or width;
 * - `INVALID_DATA`: a file or buffer is not what it claims to be (truncated, foreign, wrong type);
 * - `CHECKSUM_MISMATCH`: a file is well formed, but is not the published one;
 * - `FILE_NOT_FOUND`: a file or package that is needed is not there;
 * - `DOWNLOAD_FAILED`: no server gave a file that is needed;
 * - `DIVERGED`: the training loss became NaN or infinite;
 * - `IN_USE`: a model, an optimizer or a schedule belongs to a run that has not ended;
 * - `UNSUPPORTED`: what was asked for cannot be done with what was given.
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
  | 'UNSUPPORTED';

/**
 * What an error's message is made of. Without a `problem`, it is "`argument` is `value`; it must be `allowed`."; the file
 * comes before, the fix after. Texts mention other options by {@link option}.
 */
export interface ErrorFields {
  /** The option, argument or setting at fault, by its path: `epochs`, `hidden[1]`, `metadata.note`. */
  argument?: string;
  /** What was given for it. */
  value?: unknown;
  /** What it must be, to follow "it must be": `an integer at least 1`. */
  allowed?: string;
  /** What is wrong, in a sentence of its own. */
  problem?: string;
  /** What to do about it, in a sentence or two. */
  fix?: string;
  /** The file at fault. */
  file?: string;
}

/** What an interface calls an option; undefined where it has none of that name. */
export type NameOption = (option: string) => string | undefined;

const mark = { begin: '\u{E010}', end: '\u{E011}' };
const mention = new RegExp(`${mark.begin}([^${mark.end}]*)${mark.end}`, 'g');

/**
 * Mentions an option in a text of {@link ErrorFields}, so that an interface which calls it otherwise, as a command line
 * does, can say its own name for it.
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

/** A text with the names that an interface has for what it mentions. */
const named = (text: string, nameOption: NameOption): string =>
  text.replace(mention, (_, name: string) => nameOption(name) ?? name);

const marker = Symbol.for('harmonic-mlp.error');
const ownNames: NameOption = (name) => name;

/**
 * The one error class of the project's packages. `code` says the kind; the fields say which argument is at fault, what it
 * was, what is allowed, how to mend it, and in which file; the message is rendered from them.
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
  /** The name of the class. */
  override readonly name: string = 'HarmonicError';
  /** The kind of error. */
  readonly code: Code;
  /** Recognizes the class across duplicate copies of this package, where `instanceof` cannot. */
  readonly [marker] = true;
  readonly #fields: ErrorFields;

  /** @param fields what the message is rendered from, or the message itself. */
  constructor(code: Code, fields: ErrorFields | string, options?: { cause?: unknown }) {
    const given = typeof fields === 'string' ? { problem: fields } : fields;
    super(render(given, ownNames), options);
    this.code = code;
    this.#fields = given;
  }

  /** The option, argument or setting at fault, by its path, such as `hidden[1]`. */
  get argument(): string | undefined {
    return this.#fields.argument;
  }

  /** What was given for it. */
  get value(): unknown {
    return this.#fields.value;
  }

  /** What it must be, as it follows "it must be". */
  get allowed(): string | undefined {
    return this.#text('allowed');
  }

  /** What to do about it. */
  get fix(): string | undefined {
    return this.#text('fix');
  }

  /** The file at fault. */
  get file(): string | undefined {
    return this.#fields.file;
  }

  /**
   * The message in an interface's own terms. A fix that mentions an option which the interface does not have is left out.
   *
   * @param nameOption what the interface calls an option: undefined where it has none of that name.
   */
  describe(nameOption: NameOption): string {
    return render(this.#fields, nameOption);
  }

  /** The same error with some of its fields replaced, and itself as the cause: who knows the file says so by this. */
  with(fields: ErrorFields): HarmonicError<Code> {
    return new HarmonicError(this.code, { ...this.#fields, ...fields }, { cause: this });
  }

  /** Whether `value` is a `HarmonicError`, also one thrown by another copy of this package. */
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
  // Of a path, the first part is the option.
  const name: NameOption = (path) => {
    const end = path.search(/[.[\]]|$/);
    const own = nameOption(path.slice(0, end));
    return own === undefined ? undefined : own + path.slice(end);
  };
  const isMeant =
    fix !== undefined && [...fix.matchAll(mention)].every(([, path]) => name(path) !== undefined);
  const before = file === undefined ? '' : `${file}: `;
  // A problem that ends with a list leaves the fix a line of its own.
  const after = isMeant ? `${what.endsWith('\n') ? '' : ' '}${named(fix, name)}` : '';
  return `${before}${named(what, name)}${after}`;
}
