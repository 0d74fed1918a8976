import {
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import type { Position } from '../../records';
import { requireSetting } from '../../setting';
import type { Callback, Run } from '../callback';
import { type LastChange, lastChangeOf } from '../in-use';
import { now } from '../now';
import { metricOf, modeOf } from './metric-of';

/** A checkpoint that {@link checkpointing} saves. */
export interface SavedCheckpoint extends Position {
  /** The file: `HarmonicMLP.fromBytes` reads its model, and `resume` continues its run. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether the epoch is better than all earlier ones. */
  isBest: boolean;
}

/** Settings of {@link checkpointing}. */
export interface CheckpointingOptions {
  /**
   * Saves a file, after each epoch, and at the end of a run that ends within an epoch or with other weights than those that it
   * trained last, such as the best ones that `earlyStopping` restores; awaited.
   */
  save: (checkpoint: SavedCheckpoint) => void | Promise<void>;
  /**
   * Which epochs to save: `every` one (default), or only the `best` so far. The end of a run is saved in either case.
   */
  epochs?: 'every' | 'best';
  /** Also saves after every so many steps of the run. Default: only after epochs. */
  everySteps?: number;
  /** Also saves after the first step that ends so many seconds after the last save, or after the start. Default: only after epochs. */
  everySeconds?: number;
  /**
   * The validation metric that decides which epoch is the best. Default: `accuracy`, or `loss` for a task without one; without
   * validation, the last is the best.
   */
  metric?: string;
  /** Whether lower (`min`) or higher (`max`) is better. Default: `min` for a loss or an error, such as `rmse`, by its name; otherwise `max`. */
  mode?: 'min' | 'max';
  /** Additional strings for the metadata of the files. */
  metadata?: Record<string, string>;
}

const known: KnownOptions<CheckpointingOptions> = {
  save: true,
  epochs: true,
  everySteps: true,
  everySeconds: true,
  metric: true,
  mode: true,
  metadata: true,
};

/**
 * Saves the run at regular intervals, so that it can be resumed. Put it after callbacks whose state it should save: those after
 * it have not seen the event yet.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds; in the run, if its evaluations do not have the metric,
 *   and `UNSUPPORTED` if the optimizer cannot save its state.
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 *
 * const saving = checkpointing({
 *   save: ({ bytes, isBest }) => writeFile(isBest ? 'best.safetensors' : 'last.safetensors', bytes),
 * });
 * await model.fit(train, { validation: test, callbacks: [saving] });
 * ```
 */
export function checkpointing(options: CheckpointingOptions): Callback {
  const {
    save,
    epochs = 'every',
    everySteps = Infinity,
    everySeconds = Infinity,
    metric,
    mode,
    metadata,
  } = requireOptions('options', options, 'checkpointing({ save: ({ bytes }) => … })', known);
  if (typeof save !== 'function')
    throw new HarmonicError('INVALID_ARGUMENT', { argument: 'save', value: save, allowed: 'a function' });
  requireOneOf('epochs', epochs, ['every', 'best']);
  if (metric !== undefined) requireSetting('metric', metric, { kind: 'text' });
  if (mode !== undefined) requireOneOf('mode', mode, ['min', 'max']);
  if (everySteps !== Infinity) requireNumber('everySteps', everySteps, { integer: true, min: 1 });
  if (everySeconds !== Infinity) requireNumber('everySeconds', everySeconds, { above: 0 });

  /** The last change of the model's weights at the last save, if there was one, */
  let saved: { change: LastChange } | undefined;
  /** and when the last epoch ended. */
  let trained: LastChange;
  /** When the last save ended, or the run started. */
  let savedAt: number;
  const isSaved = ({ model }: Run) => saved !== undefined && lastChangeOf(model) === saved.change;
  async function saveRun(run: Run, isBest = false): Promise<void> {
    const file = { ...run.position, bytes: await run.checkpoint(metadata), isBest };
    saved = { change: lastChangeOf(run.model) };
    await save(file);
    savedAt = now();
  }

  return {
    name: 'checkpointing',
    onStart() {
      savedAt = now();
    },
    onStep(position, run) {
      // The epoch saves its last step.
      if (position.step === position.stepsPerEpoch) return;
      const isDue = stepsOf(position) % everySteps === 0 || now() - savedAt >= 1000 * everySeconds;
      return isDue ? saveRun(run) : undefined;
    },
    async onEpoch({ validation }, run) {
      let isBest = true;
      if (validation !== undefined) {
        const name = metric ?? (validation.accuracy === undefined ? 'loss' : 'accuracy');
        const sign = (mode ?? modeOf(name)) === 'min' ? -1 : 1;
        const value = metricOf(validation, name);
        isBest = run.history.slice(0, -1).every((earlier) => {
          const other = earlier.validation?.[name];
          return other === undefined || sign * value > sign * other;
        });
      }
      if (epochs === 'every' || isBest) await saveRun(run, isBest);
      trained = lastChangeOf(run.model);
    },
    async onAbort(_, run) {
      if (!isSaved(run)) await saveRun(run);
    },
    async onEnd(_, run) {
      // Where an epoch has just ended, it has been saved or passed over, unless its weights have been replaced since.
      const isEpoch =
        run.position.step === 0 && (trained ?? lastChangeOf(run.model)) === lastChangeOf(run.model);
      if (!isEpoch && !isSaved(run)) await saveRun(run);
    },
    dispose() {
      saved = undefined;
      trained = undefined;
    },
  };
}

const stepsOf = ({ epoch, step, stepsPerEpoch }: Position): number => (epoch - 1) * stepsPerEpoch + step;
