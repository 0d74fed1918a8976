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

const marker = Symbol.for('harmonic-mlp.error');

/**
 * The one error class of the project's packages. The message names the option, shape or file, the value it
 * got, what is allowed and the fix; `code` says the kind.
 *
 * @example
 * ```ts
 * try {
 *   randomKey(-1);
 * } catch (error) {
 *   if (HarmonicError.is(error)) console.log(error.code, error.message);
 * }
 * ```
 */
export class HarmonicError extends Error {
  /** The name of the class. */
  override readonly name: string = 'HarmonicError';
  /** The kind of error. */
  readonly code: HarmonicErrorCode;
  /** Recognises the class across duplicate copies of this package, where `instanceof` cannot. */
  readonly [marker] = true;

  constructor(code: HarmonicErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Whether `value` is a `HarmonicError`, also one thrown by another copy of this package. */
  static is(value: unknown): value is HarmonicError {
    return value instanceof Error && (value as Partial<HarmonicError>)[marker] === true;
  }
}

const show = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

/**
 * Checks that a number lies within bounds, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, naming the option, its value and what is allowed.
 */
export function requireNumber(
  name: string,
  value: unknown,
  {
    min = -Infinity,
    max = Infinity,
    above = -Infinity,
    below = Infinity,
    integer = false,
  }: { min?: number; max?: number; above?: number; below?: number; integer?: boolean },
): number {
  const fits =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!integer || Number.isSafeInteger(value)) &&
    value >= min &&
    value <= max &&
    value > above &&
    value < below;
  if (fits) return value;
  const bounds = [
    min > -Infinity && `at least ${min}`,
    above > -Infinity && `greater than ${above}`,
    max < Infinity && `at most ${max}`,
    below < Infinity && `less than ${below}`,
  ].filter(Boolean);
  throw new HarmonicError(
    'INVALID_ARGUMENT',
    `${name} is ${show(value)}; it must be ${integer ? 'an integer' : 'a finite number'}${bounds.length > 0 ? ` ${bounds.join(' and ')}` : ''}.`,
  );
}

/**
 * Checks that a value is one of a list, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, naming the option, its value and the choices.
 */
export function requireOneOf<const T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  throw new HarmonicError(
    'INVALID_ARGUMENT',
    `${name} is ${show(value)}; it must be one of ${choices.map(show).join(', ')}.`,
  );
}

/**
 * What a value is, for an error message: numbers and short texts as they are, everything else by its kind, as `an array`,
 * `a tensor of shape [2,3]`, `a promise, which must be awaited first`.
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  const { shape, dataId, then } = value as { shape?: unknown; dataId?: unknown; then?: unknown };
  if (Array.isArray(shape) && dataId !== undefined) return `a tensor of shape [${shape}]`;
  if (typeof then === 'function') return 'a promise, which must be awaited first';
  // By its tag, which is right for arrays and buffers of another realm too.
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return kind === 'Object' ? 'an object' : `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/**
 * Checks that options are an object, and returns them; none are an empty one.
 *
 * @param example how they are given, for the message.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else, such as a number or a tensor.
 */
export function requireOptions<T extends object>(name: string, value: T | undefined, example: string): T {
  if (value === undefined) return {} as T;
  const isPlain =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !('dataId' in value);
  if (isPlain) return value;
  throw new HarmonicError(
    'INVALID_ARGUMENT',
    `${name} is ${describeValue(value)}; it must be an object, as in ${example}.`,
  );
}
