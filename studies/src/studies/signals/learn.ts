import type { HarmonicMLPOptions } from 'harmonic-mlp';
import {
  type Figures,
  proposedFor,
  type Setting,
  type Tuned,
  trainClassification,
  trainRegression,
  tuneAndChoose,
  varianceOf,
} from '../../harness';
import { networks } from './networks';
import type { Task } from './tasks';

interface Errors extends Figures {
  /** The part of the test examples that are put into the wrong class, or of the test targets' variance that is left unexplained. */
  readonly test: number;
}

/** What a network has learned, with the best of its choices. */
export interface Learned extends Tuned<Errors> {
  readonly choice: HarmonicMLPOptions;
}

const rates = [1e-3, 3e-3, 1e-2, 3e-2];

/** Learns a task with each network, whose learning rate, and one more option, are tuned on validation data. */
export async function learn(task: Task, { seeds, quick, onProgress }: Setting): Promise<Learned[]> {
  const { train, validation, test } = task.examples(quick);
  const variance = varianceOf(test);
  const results: Learned[] = [];
  for (const { name, model, isProposed, choices = [{}] } of networks) {
    const contenders = (quick ? choices.slice(0, 1) : choices).map((choice) => ({
      choice,
      name: [task.name, name, JSON.stringify(choice)].join(', '),
      rates: quick ? rates.slice(0, 1) : rates,
      async train({ learningRate, seed }: { learningRate: number; seed: number }): Promise<Errors> {
        const { kind, inputSize, steps } = task;
        const form = kind === 'classification' ? { task: kind, classes: 2 } : { task: kind };
        const given = { ...form, hidden: [64], norm: 'none', dropout: 0, ...model, ...choice, seed } as const;
        const options = isProposed ? await proposedFor(train, given) : { ...given, standardizeInputs: true };
        const run = {
          model: { inputSize, ...options },
          ...{ train, steps: quick ? 2 : steps, batchSize: 32, schedule: 'cosine', learningRate, seed },
        };
        if (kind === 'classification') {
          const found = await trainClassification(run, { validation, test });
          return { validation: found.validation.loss, test: 1 - found.test.accuracy };
        }
        const errors = await trainRegression(run, { validation, test });
        return { validation: errors.validation, test: errors.test ** 2 / variance };
      },
    }));
    const { contender, ...best } = await tuneAndChoose(contenders, { seeds, onProgress });
    results.push({ name, choice: contender.choice, ...best });
  }
  return results;
}
