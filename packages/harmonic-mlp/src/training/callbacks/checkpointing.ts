import {
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import type { EpochRecord, Position } from '../../records';
import type { Callback } from '../callback';

/** A checkpoint that {@link checkpointing} saves. */
export interface SavedCheckpoint extends Position {
  /** The file: `HarmonicMLP.fromBytes` reads its model, and `resume` continues its run. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether the epoch is better than all earlier ones. */
  isBest: boolean;
}

/** Settings of {@link checkpointing}. */
export interface CheckpointingOptions {
  /** Saves a file, after each epoch and when the run is aborted; awaited. */
  save: (checkpoint: SavedCheckpoint) => void | Promise<void>;
  /** Which epochs to save: `every` one (default), or only the `best` so far. An aborted run is always saved. */
  epochs?: 'every' | 'best';
  /** Also saves after every so many steps. Default: only after epochs. */
  everySteps?: number;
  /** The validation metric that decides which epoch is the best. Default `accuracy`; without validation, the last is the best. */
  metric?: string;
  /** Whether lower (`min`) or higher (`max`) is better. Default: `min` for `loss`, `max` for all others. */
  mode?: 'min' | 'max';
  /** Additional strings for the metadata of the files. */
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
 * Saves the run at regular intervals, so that it can be resumed. Put it after callbacks whose state it should save: those after
 * it have not seen the event yet.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds; in the run, `UNSUPPORTED` if the optimizer cannot save
 *   its state.
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
