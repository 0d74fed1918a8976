import {
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import type { EpochRecord, Position } from '../../records';
import type { Callback } from '../callback';

/** What {@link checkpointing} hands out. */
export interface SavedCheckpoint extends Position {
  /** The file: `HarmonicMLP.fromBytes` reads its model, `resume` goes on with its run. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether no earlier epoch was better. */
  isBest: boolean;
}

/** Settings of {@link checkpointing}. */
export interface CheckpointingOptions {
  /** Takes a file, after each epoch, and when the run is aborted; awaited. */
  save: (checkpoint: SavedCheckpoint) => void | Promise<void>;
  /** Which epochs are saved: `every` (default), or only the `best` so far. An aborted run is saved in any case. */
  epochs?: 'every' | 'best';
  /** Saves after so many steps too. Default: only after epochs. */
  everySteps?: number;
  /** What decides which epoch is the best: a metric of the validation. Default `accuracy`; without a validation, the last. */
  metric?: string;
  /** Whether lower (`min`) or higher (`max`) is better. Default: `min` for `loss`, `max` for everything else. */
  mode?: 'min' | 'max';
  /** More strings to keep in the files' metadata. */
  metadata?: Record<string, string>;
}

const known: KnownOptions<CheckpointingOptions> = {
  save: true,
  epochs: true,
  everySteps: true,
  metric: true,
  mode: true,
  metadata: true,
};

/**
 * Saves the run from time to time, so that it can go on after whatever ends it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds; in the run, `UNSUPPORTED` where the optimizer cannot
 *   save its state.
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
    everySteps,
    metric = 'accuracy',
    mode = metric === 'loss' ? 'min' : 'max',
    metadata,
  } = requireOptions('options', options, 'checkpointing({ save: ({ bytes }) => … })', known);
  if (typeof save !== 'function')
    throw new HarmonicError('INVALID_ARGUMENT', { argument: 'save', value: save, allowed: 'a function' });
  requireOneOf('epochs', epochs, ['every', 'best']);
  requireOneOf('mode', mode, ['min', 'max']);
  if (everySteps !== undefined) requireNumber('everySteps', everySteps, { integer: true, min: 1 });

  const metricOf = ({ validation }: EpochRecord) => validation?.[metric];
  return {
    name: 'checkpointing',
    async onStep({ epoch, step, stepsPerEpoch }, run) {
      if (everySteps === undefined || step === stepsPerEpoch) return;
      if (((epoch - 1) * stepsPerEpoch + step) % everySteps !== 0) return;
      await save({ ...run.position, bytes: await run.checkpoint(metadata), isBest: false });
    },
    async onEpoch(record, run) {
      const value = metricOf(record);
      const earlier = run.history.slice(0, -1).flatMap((each) => metricOf(each) ?? []);
      const isBest =
        value === undefined || earlier.every((other) => (mode === 'min' ? value < other : value > other));
      if (epochs === 'best' && !isBest) return;
      await save({ ...run.position, bytes: await run.checkpoint(metadata), isBest });
    },
    async onAbort(_, run) {
      await save({ ...run.position, bytes: await run.checkpoint(metadata), isBest: false });
    },
  };
}
