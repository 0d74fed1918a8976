import { describeValue, nearestName } from '@harmonic-mlp/core';
import type { Optimizer, Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../model';
import type { EpochRecord, Position } from '../records';
import { refused } from '../refused';
import type {
  CaptureEvent,
  Checkpointer,
  EndEvent,
  EvaluateEvent,
  MetricsEvent,
  StartEvent,
  WarningEvent,
} from './events';

/** The run that a callback takes part in. */
export interface Run extends Checkpointer {
  /** The model that is trained. */
  readonly model: Model;
  /** The optimizer that trains it. */
  readonly optimizer: Optimizer;
  /** The position of the run. */
  readonly position: Position;
  /** One record for each finished epoch. */
  readonly history: readonly EpochRecord[];
  /**
   * Ends the run once all callbacks have been called; `fit` then returns the first reason as `stopped`.
   *
   * @param reason default: that a callback ended the run.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for anything but a string that is not empty.
   */
  stop(reason?: string): void;
}

/** The state of a callback. */
export interface CallbackState {
  /** An object of plain JSON. */
  values?: object;
  /** Live tensors, by name; the callback keeps ownership. */
  tensors?: Readonly<Record<string, Tensor>>;
}

/**
 * Takes part in a run of `fit`: observes it, saves it, changes the learning rate, or ends the run. All methods are optional, and
 * those called with an event are awaited. Callbacks are called in the given order, after those of `fit` itself and before the
 * options `onStep`, `onEpoch`, and so on. Other methods whose names begin with `on` or `before` are refused. For a task without an
 * accuracy, the accuracies in events are undefined.
 *
 * @example
 * ```ts
 * const untilGoodEnough: Callback = {
 *   name: 'untilGoodEnough',
 *   onEpoch({ validation }, run) {
 *     if (validation && validation.accuracy > 0.97) run.stop('good enough');
 *   },
 * };
 * const { stopped } = await model.fit(train, { validation: test, callbacks: [untilGoodEnough] });
 * ```
 */
export interface Callback {
  /** Its name, under which a checkpoint keeps its state; unique among the callbacks of a run. */
  readonly name: string;
  /** Whether a run without validation data is refused. Default false. */
  readonly needsValidation?: boolean;
  /** Before the first step, once everything is checked and a resumed run is restored. */
  onStart?(event: StartEvent, run: Run): void | Promise<void>;
  /** Before the first step of a new run, for each of the model's concerns about the first batch. */
  onWarning?(event: WarningEvent, run: Run): void | Promise<void>;
  /** Once it is known whether steps are executed as a program, and again once several numbers of threads have been tried. */
  onCapture?(event: CaptureEvent, run: Run): void | Promise<void>;
  /** Before each step, with the position of that step. */
  beforeStep?(event: Position, run: Run): void | Promise<void>;
  /** After each step. */
  onStep?(event: Position, run: Run): void | Promise<void>;
  /** After the losses have been read. */
  onMetrics?(event: MetricsEvent, run: Run): void | Promise<void>;
  /** Between steps: the weights are about to be evaluated, saved, or left as they are. */
  onPause?(event: Position, run: Run): void | Promise<void>;
  /** After each evaluation of the validation data. */
  onEvaluate?(event: EvaluateEvent, run: Run): void | Promise<void>;
  /** After each epoch, its validation included. */
  onEpoch?(event: EpochRecord & Checkpointer, run: Run): void | Promise<void>;
  /** After the last step of a run that the signal ended. */
  onAbort?(event: Position & Checkpointer, run: Run): void | Promise<void>;
  /** At the end of every run that started and ends without an error, even if it does no step; after `onAbort`, if that is called. */
  onEnd?(event: EndEvent, run: Run): void | Promise<void>;
  /** Returns the state for a checkpoint to keep; anything else, a promise included, is refused. */
  saveState?(): CallbackState;
  /** Continues from a saved state. Its tensors are disposed afterwards: clone and keep what you need. */
  loadState?(state: CallbackState): void;
  /** When `fit` ends, with or without an error. */
  dispose?(): void;
}

/** The methods called with an event and the run. */
export const events = [
  'onStart',
  'onWarning',
  'onCapture',
  'beforeStep',
  'onStep',
  'onMetrics',
  'onPause',
  'onEvaluate',
  'onEpoch',
  'onAbort',
  'onEnd',
] as const satisfies readonly (keyof Callback)[];

/** What {@link emitter} calls. */
export type CallbackEvent = (typeof events)[number];

/**
 * Checks a list of callbacks.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for something that is not a callback, for a method such as `onEpochs` that is called
 *   at no event, and for two callbacks with the same name.
 */
export function requireCallbacks(callbacks: readonly Callback[]): readonly Callback[] {
  if (!Array.isArray(callbacks))
    throw refused('callbacks', callbacks, 'a list, such as [earlyStopping({ patience: 3 })]');
  const names = new Set<string>();
  for (const [i, callback] of callbacks.entries()) {
    const argument = `callbacks[${i}]`;
    const { name } = Object(callback) as Partial<Callback>;
    if (typeof callback !== 'object' || typeof name !== 'string' || name === '')
      throw refused(argument, callback, 'an object with a name and methods such as onEpoch');
    for (const event of [...events, 'saveState', 'loadState', 'dispose'] as const) {
      if (callback[event] != null && typeof callback[event] !== 'function')
        throw refused(`${argument}.${event}`, callback[event], 'a function');
    }
    const unknown = handlersOf(callback).find((key) => !events.includes(key as CallbackEvent));
    if (unknown !== undefined) {
      const near = nearestName(unknown, events) ?? events.find((event) => unknown.startsWith(event));
      throw refused(
        `${argument}.${unknown}`,
        callback[unknown as CallbackEvent],
        `one of ${events.join(', ')}`,
        near && `Did you mean ${near}?`,
      );
    }
    if (names.has(name))
      throw refused(
        `${argument}.name`,
        name,
        'different from those of the other callbacks',
        `Give the other ${describeValue(name)} another name.`,
      );
    names.add(name);
  }
  return callbacks;
}

/** The names of methods that look as if they were called at an event, those of a class included. */
function handlersOf(callback: object): string[] {
  const names: string[] = [];
  for (let at: object | null = callback; at !== null; at = Object.getPrototypeOf(at))
    names.push(...Object.getOwnPropertyNames(at));
  return names.filter(
    (name) => /^(on|before)[A-Z]/.test(name) && typeof (callback as never)[name] === 'function',
  );
}

/** Calls a method of all callbacks that have it, in order; returns a promise only if there is something to wait for. */
export function emitter(callbacks: readonly Callback[], run: Run) {
  const having = Object.fromEntries(
    events.map((event) => [event, callbacks.filter((callback) => callback[event] != null)]),
  ) as Record<CallbackEvent, Callback[]>;
  return <E extends CallbackEvent>(event: E, payload: EventOf<E>): Promise<void> | undefined =>
    callFrom(0, having[event], event, payload, run);
}

/** What a method is called with at an event. */
type EventOf<E extends CallbackEvent> = Parameters<NonNullable<Callback[E]>>[0];

function callFrom<E extends CallbackEvent>(
  first: number,
  callbacks: readonly Callback[],
  event: E,
  payload: EventOf<E>,
  run: Run,
): Promise<void> | undefined {
  for (let i = first; i < callbacks.length; i++) {
    const result = callbacks[i][event]!(payload as never, run) as unknown;
    if (isThenable(result))
      return Promise.resolve(result).then(() => callFrom(i + 1, callbacks, event, payload, run));
  }
  return undefined;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
