import { HarmonicError, type KnownOptions, requireOptions } from '@harmonic-mlp/core';
import type { EpochRecord } from '../../records';
import type { Callback } from '../callback';

/** Settings of {@link progress}. */
export interface ProgressOptions {
  /** Writes a line. Default: `console.log`. */
  write?: (line: string) => void;
}

const known: KnownOptions<ProgressOptions> = { write: true };

/**
 * Writes a line after each epoch, such as `epoch 3  loss 0.2214  accuracy 0.9312  validation loss 0.1403  accuracy 0.9571  4.1 s`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a bad option.
 * @example
 * ```ts
 * await model.fit(train, { validation: test, callbacks: [progress()] });
 * ```
 */
export function progress(options?: ProgressOptions): Callback {
  const { write = console.log } = requireOptions('options', options, 'progress({ write })', known);
  if (typeof write !== 'function')
    throw new HarmonicError('INVALID_ARGUMENT', { argument: 'write', value: write, allowed: 'a function' });
  return { name: 'progress', onEpoch: (record) => write(lineOf(record)) };
}

function lineOf({ epoch, trainLoss, trainAccuracy, trainMetrics, validation, seconds }: EpochRecord): string {
  const show = (values: Record<string, number | undefined>) =>
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : `${name} ${value.toFixed(4)}`,
    );
  return [
    `epoch ${epoch}`,
    ...show({ loss: trainLoss, accuracy: trainAccuracy, ...trainMetrics }),
    ...(validation === undefined ? [] : [`validation ${show(validation).join('  ')}`]),
    `${seconds.toFixed(1)} s`,
  ].join('  ');
}
