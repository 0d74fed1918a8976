import { HarmonicError } from '@harmonic-mlp/core';
import { Adam, type Schedule } from '@harmonic-mlp/freq-optimizer';
import { type ExampleValues, HarmonicMLP, type HarmonicMLPOptions } from 'harmonic-mlp';

/** A training of a network of this project with Adam; a regression, unless the model says otherwise. */
export interface Training {
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
}

/**
 * Trains a new network.
 *
 * @param use gives what is wanted of the network, which is disposed afterwards.
 * @returns that; undefined if the run diverged.
 */
export async function withTrained<T>(
  { model: options, train, steps, batchSize, schedule, learningRate, weightDecay, seed }: Training,
  use: (model: HarmonicMLP) => Promise<T>,
): Promise<T | undefined> {
  const model = new HarmonicMLP({ task: 'regression', norm: 'none', dropout: 0, ...options, seed });
  const optimizer = new Adam({ learningRate, weightDecay, weightDecayMode: 'decoupled' });
  try {
    await model.fit(train, { optimizer, steps, batchSize, schedule: schedule ?? null, onWarning() {} });
    return await use(model);
  } catch (error) {
    if (HarmonicError.is(error) && error.code === 'DIVERGED') return undefined;
    throw error;
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/**
 * Trains a new network, and gives its root mean squared error on each set, in the targets' own unit; Infinity if the run diverged.
 *
 * @param sets the data to evaluate, by name.
 */
export const trainRegression = <Name extends string>(
  training: Training,
  sets: { readonly [name in Name]: ExampleValues },
): Promise<{ [name in Name]: number }> =>
  trainAndEvaluate(training, sets, { of: ({ rmse }) => rmse!, diverged: Infinity });

/** How a network that was trained to classify does on some data. */
export interface ClassificationResult {
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * Trains a new network to classify, and evaluates it on each set; the loss is Infinity, and the accuracy 0, if the run diverged.
 *
 * @param sets the data to evaluate, by name.
 */
export const trainClassification = <Name extends string>(
  training: Training,
  sets: { readonly [name in Name]: ExampleValues },
): Promise<{ [name in Name]: ClassificationResult }> =>
  trainAndEvaluate(training, sets, {
    of: ({ loss, accuracy }) => ({ loss: loss!, accuracy: accuracy! }),
    diverged: { loss: Infinity, accuracy: 0 },
  });

async function trainAndEvaluate<Name extends string, T>(
  training: Training,
  sets: { readonly [name in Name]: ExampleValues },
  { of, diverged }: { of(evaluation: Record<string, number | undefined>): T; diverged: T },
): Promise<{ [name in Name]: T }> {
  const names = Object.keys(sets) as Name[];
  const results = await withTrained(training, async (model) => {
    const found: T[] = [];
    for (const name of names) found.push(of({ ...(await model.evaluate(sets[name])) }));
    return found;
  });
  return Object.fromEntries(names.map((name, i) => [name, results?.[i] ?? diverged])) as {
    [name in Name]: T;
  };
}
