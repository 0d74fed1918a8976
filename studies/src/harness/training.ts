import { HarmonicError } from '@harmonic-mlp/core';
import { Adam, type Schedule } from '@harmonic-mlp/freq-optimizer';
import { type ExampleValues, HarmonicMLP, type HarmonicMLPOptions } from 'harmonic-mlp';

/** A regression by a network of this project, trained with Adam. */
export interface Regression {
  /** Without a norm and dropout, unless it says so. */
  readonly model: HarmonicMLPOptions;
  readonly train: ExampleValues;
  readonly steps: number;
  readonly batchSize: number;
  /** The learning rate's schedule. Default: a constant rate. */
  readonly schedule?: string | Schedule;
  readonly learningRate: number;
  /** Decoupled, as in AdamW. Default 0. */
  readonly weightDecay?: number;
  readonly seed: number;
  /** Changes the new model before it is trained. Default: nothing. */
  readonly prepare?: (model: HarmonicMLP) => void;
}

/**
 * Trains a new network, and gives its root mean squared error on each set, in the targets' own unit; Infinity if the run diverged.
 *
 * @param sets the data to evaluate, by name.
 */
export async function trainRegression<Name extends string>(
  { model: options, train, steps, batchSize, schedule, learningRate, weightDecay, seed, prepare }: Regression,
  sets: { readonly [name in Name]: ExampleValues },
): Promise<{ [name in Name]: number }> {
  const model = new HarmonicMLP({ task: 'regression', norm: 'none', dropout: 0, ...options, seed });
  const optimizer = new Adam({ learningRate, weightDecay, weightDecayMode: 'decoupled' });
  const names = Object.keys(sets) as Name[];
  const errors = new Map<Name, number>();
  try {
    prepare?.(model);
    await model.fit(train, { optimizer, steps, batchSize, schedule: schedule ?? null, onWarning() {} });
    for (const name of names) errors.set(name, (await model.evaluate(sets[name])).rmse as number);
  } catch (error) {
    if (!(HarmonicError.is(error) && error.code === 'DIVERGED')) throw error;
  } finally {
    optimizer.dispose();
    model.dispose();
  }
  return Object.fromEntries(names.map((name) => [name, errors.get(name) ?? Infinity])) as {
    [name in Name]: number;
  };
}
