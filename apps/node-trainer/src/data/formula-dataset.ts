import { type RandomKey, randomPermutation } from '@harmonic-mlp/core';
import { sha256 } from '@harmonic-mlp/mnist-data';
import { HarmonicMLP, type HarmonicMLPOptions } from 'harmonic-mlp';
import { type MadeDataset, makeData } from 'harmonic-mlp/made-data';
import { TrainerError } from '../errors';
import type { Dataset, Example, Shape } from './dataset';
import type { DataSource } from './source';

/** Examples with one target each. */
interface Made {
  readonly size: number;
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

/** A data set that is made by a formula. */
export class FormulaDataset implements Dataset {
  readonly train: Made;
  readonly validation: Made | undefined;
  readonly test: Made;
  readonly noun = 'examples';
  readonly #kind: MadeDataset;

  private constructor(
    kind: MadeDataset,
    { train, validation, test }: { train: Made; validation?: Made; test: Made },
  ) {
    this.#kind = kind;
    this.train = train;
    this.validation = validation;
    this.test = test;
  }

  /** Makes the examples of a data set. */
  static of(kind: MadeDataset, { examples, dataNoise, seed }: DataSource): FormulaDataset {
    const part = (part: 'train' | 'test') => {
      const values = makeData(kind, { part, seed, examples, noise: dataNoise });
      const [inputs, targets] = [values.inputs as Float32Array, values.targets as Float32Array];
      return { inputs, targets, size: targets.length };
    };
    return new FormulaDataset(kind, { train: part('train'), test: part('test') });
  }

  get shape(): Shape {
    const { inputSize, task, classes } = this.#kind;
    return task === 'regression' ? { inputSize, task, outputs: 1 } : { inputSize, classes };
  }

  async fingerprint(): Promise<string> {
    const { inputs, targets } = this.train;
    const [ofInputs, ofTargets] = [inputs, targets].map(({ buffer }) => sha256(new Uint8Array(buffer)));
    return `${await ofInputs}-${await ofTargets}`;
  }

  holdOut(validation: number, key: RandomKey): FormulaDataset {
    const { size } = this.train;
    const count = validation < 1 ? Math.max(1, Math.round(validation * size)) : validation;
    if (!Number.isInteger(count) || count >= size) {
      throw new TrainerError('INVALID_ARGUMENT', {
        argument: 'validation',
        value: validation,
        allowed: `a fraction that leaves at least one example to train on, or an integer less than ${size}`,
      });
    }
    // The examples that remain keep their order.
    const order = randomPermutation(key, size);
    const part = (rows: ArrayLike<number>) => this.#rows(Int32Array.from(rows).sort());
    return new FormulaDataset(this.#kind, {
      train: part(order.slice(count)),
      validation: part(order.slice(0, count)),
      test: this.test,
    });
  }

  makeModel(options: HarmonicMLPOptions): Promise<HarmonicMLP> {
    return HarmonicMLP.forData(this.train, { ...options, ...this.shape });
  }

  notes() {
    return {};
  }

  example(index: number): Example {
    const { size, inputs, targets } = this.test;
    if (index >= size) {
      throw new TrainerError('INVALID_ARGUMENT', {
        argument: 'example',
        value: index,
        allowed: `an integer from 0 to ${size - 1}`,
        problem: `There is no test example ${index}: the ${size} examples are numbered 0 to ${size - 1}.`,
      });
    }
    const { inputSize } = this.#kind;
    return {
      inputs: inputs.slice(index * inputSize, (index + 1) * inputSize),
      target: targets[index],
    };
  }

  #rows(rows: Int32Array): Made {
    const { inputSize } = this.#kind;
    const { inputs, targets } = this.train;
    const chosen = new Float32Array(rows.length * inputSize);
    rows.forEach((row, i) => {
      chosen.set(inputs.subarray(row * inputSize, (row + 1) * inputSize), i * inputSize);
    });
    return { size: rows.length, inputs: chosen, targets: Float32Array.from(rows, (row) => targets[row]) };
  }
}
