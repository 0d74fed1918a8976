import { ColumnMoments, HarmonicError } from '@harmonic-mlp/core';
import {
  ones,
  Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { disposeBatch, type ExampleSource, type Examples } from '../data';

type Field = DataUnits['field'];

/**
 * The units of a model's inputs or targets: the model computes with `(values − mean)/deviation`. Both are measured on the training
 * data of the first run, and saved with the model.
 */
export class DataUnits {
  /** [width]; zeros until it is measured. */
  readonly mean: Variable;
  /** The standard deviation, [width]; ones until it is measured, and for columns that do not vary. */
  readonly deviation: Variable;
  /** The number of examples that they were measured on, [1]; 0 until then. */
  readonly count: Variable;

  constructor(
    /** What they are the units of. */
    readonly field: 'inputs' | 'targets',
    width: number,
  ) {
    this.mean = tidy(() => variable(zeros([width]), false));
    this.deviation = tidy(() => variable(ones([width]), false));
    this.count = tidy(() => variable(zeros([1]), false));
  }

  /** By name. */
  get statistics(): Record<string, Variable> {
    return { mean: this.mean, deviation: this.deviation, count: this.count };
  }

  /** The mean and the deviation as tensors. */
  get tensors(): { mean: Tensor1D; deviation: Tensor1D } {
    return { mean: this.mean as unknown as Tensor1D, deviation: this.deviation as unknown as Tensor1D };
  }

  /** Frees the variables. */
  dispose(): void {
    for (const each of Object.values(this.statistics)) each.dispose();
  }
}

/**
 * Measures the units that have not been measured before.
 *
 * @throws {HarmonicError} `INVALID_DATA` for a value that is not finite.
 */
export async function measureUnits(
  all: readonly DataUnits[],
  train: Pick<ExampleSource<Examples>, 'batches'>,
): Promise<void> {
  const counts = await Promise.all(all.map(({ count }) => count.data()));
  const units = all.filter((_, i) => counts[i][0] === 0);
  if (units.length === 0) return;
  const moments = units.map(({ mean }) => new ColumnMoments(mean.size));
  for await (const batch of train.batches({ batchSize: 1024 })) {
    try {
      for (const [i, { field }] of units.entries()) {
        const tensor = (batch as Partial<Record<Field, unknown>>)[field];
        const { width, rows } = moments[i];
        // What is wrong with a batch's form is for the training to say.
        if (!(tensor instanceof Tensor && tensor.size === batch.size * width)) return;
        const values = await tensor.data<'float32'>();
        const bad = values.findIndex((value) => !Number.isFinite(value));
        if (bad >= 0) throw notFinite(field, width, rows + Math.floor(bad / width), bad % width, values[bad]);
        moments[i].add(values);
      }
    } finally {
      disposeBatch(batch);
    }
  }
  // That the model was disposed meanwhile is for the training to say.
  if (units.some(({ count }) => count.isDisposed)) return;
  tidy(() => {
    for (const [i, { mean, deviation, count }] of units.entries()) {
      const { means, deviations, rows } = moments[i];
      mean.assign(tensor1d(Array.from(means)));
      deviation.assign(tensor1d(Array.from(deviations, (each) => each || 1)));
      count.assign(tensor1d([rows]));
    }
  });
}

const words = { inputs: 'feature', targets: 'target' } as const;

const notFinite = (field: Field, width: number, example: number, column: number, value: number) =>
  new HarmonicError('INVALID_DATA', {
    argument: field,
    value,
    allowed: 'a finite number',
    problem: `The ${words[field]}${width === 1 ? '' : ` ${column}`} of example ${example} of the training data is ${value}; it must be a finite number.`,
    fix: `Correct it, or leave the example out. (Examples and ${words[field]}s are counted from 0.)`,
  });
