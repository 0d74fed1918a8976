import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import type { Optimizer, Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../model';
import type { EpochRecord, Position } from '../records';
import type { Checkpointer, EndEvent, EvaluateEvent, MetricsEvent, StartEvent } from './events';

/** The run that a callback is called in. */
export interface Run extends Checkpointer {
  /** The model that is trained. */
  readonly model: Model;
  /** What steps. */
  readonly optimizer: Optimizer;
  /** Where the run stands. */
  readonly position: Position;
  /** One record for each finished epoch. */
  readonly history: readonly EpochRecord[];
  /** Ends the run, after all callbacks have had their turn; `fit` then gives the reason as `stopped`. */
  stop(reason: string): void;
}

/** What a callback remembers. */
export interface CallbackState {
  /** Plain JSON. */
  values?: object;
  /** Live tensors, by name; they stay the callback's. */
  tensors?: Readonly<Record<string, Tensor>>;
}

/**
 * Takes part in a run of `fit`: looks at what happens, saves, changes the learning rate, or ends the run. All of its methods
 * are optional, and are awaited. Callbacks are called in the order in which they are given, after those of `fit` itself and
 * before the options `onStep`, `onEpoch` and so on.
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
  /** By this a checkpoint finds its state again; no two callbacks of a run have the same. */
  readonly name: string;
  /** Once everything is checked and a resumed run is restored, before the first step. */
  onStart?(event: StartEvent, run: Run): void | Promise<void>;
  /** Before each step; the position is that of the step to come. It is not awaited: what it begins must not be asynchronous. */
  beforeStep?(event: Position, run: Run): void;
  /** After each step. */
  onStep?(event: Position, run: Run): void | Promise<void>;
  /** After each reading of the losses. */
  onMetrics?(event: MetricsEvent, run: Run): void | Promise<void>;
  /** No step is under way: the weights are about to be evaluated, to be saved, or to stay as they are. */
  onPause?(event: Position, run: Run): void | Promise<void>;
  /** After each evaluation of the validation data. */
  onEvaluate?(event: EvaluateEvent, run: Run): void | Promise<void>;
  /** After each epoch, its validation included. */
  onEpoch?(event: EpochRecord & Checkpointer, run: Run): void | Promise<void>;
  /** After the last step of a run that the signal ended. */
  onAbort?(event: Position & Checkpointer, run: Run): void | Promise<void>;
  /** After the last step of every run that ends without an error; after `onAbort`, if that is called. */
  onEnd?(event: EndEvent, run: Run): void | Promise<void>;
  /** What a checkpoint keeps of it. */
  saveState?(): CallbackState;
  /** Goes on from a saved state; the tensors are gone afterwards: clone and keep what is needed. */
  loadState?(state: CallbackState): void;
  /** When `fit` ends, however it does. */
  dispose?(): void;
}

/** The methods that are called with an event and the run. */
export const events = [
  'onStart',
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
 * @throws {HarmonicError} `INVALID_ARGUMENT` for what is not a callback, and for two of one name.
 */
export function requireCallbacks(callbacks: readonly Callback[]): readonly Callback[] {
  const refused = (argument: string, value: unknown, allowed: string, fix?: string) =>
    new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed, fix });
  if (!Array.isArray(callbacks))
    throw refused('callbacks', callbacks, 'a list, such as [earlyStopping({ patience: 3 })]');
  const names = new Set<string>();
  for (const [i, callback] of callbacks.entries()) {
    const argument = `callbacks[${i}]`;
    const { name } = Object(callback) as Partial<Callback>;
    if (typeof callback !== 'object' || callback === null || typeof name !== 'string' || name === '')
      throw refused(argument, callback, 'an object with a name and methods such as onEpoch');
    for (const event of [...events, 'saveState', 'loadState', 'dispose'] as const) {
      if (callback[event] != null && typeof callback[event] !== 'function')
        throw refused(`${argument}.${event}`, callback[event], 'a function');
    }
    if (names.has(name))
      throw refused(
        `${argument}.name`,
        name,
        'unlike that of every other callback',
        `Give the other ${describeValue(name)} another name.`,
      );
    names.add(name);
  }
  return callbacks;
}

/** Calls a method of all callbacks that have it, one after the other. */
export function emitter(callbacks: readonly Callback[], run: Run) {
  const having = Object.fromEntries(
    events.map((event) => [event, callbacks.filter((callback) => callback[event] != null)]),
  ) as Record<CallbackEvent, Callback[]>;
  return {
    /** For the one event that is not awaited. */
    beforeStep(position: Position): void {
      for (const callback of having.beforeStep) callback.beforeStep!(position, run);
    },
    async emit<E extends Exclude<CallbackEvent, 'beforeStep'>>(
      event: E,
      payload: Parameters<NonNullable<Callback[E]>>[0],
    ): Promise<void> {
      for (const callback of having[event]) await callback[event]!(payload as never, run);
    },
  };
}
