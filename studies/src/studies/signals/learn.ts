import type { HarmonicMLPOptions } from 'harmonic-mlp';
import {
  type Figures,
  proposedFor,
  type Setting,
  type Training,
  type Tuned,
  trainClassification,
  trainRegression,
  tuneAndChoose,
  varianceOf,
} from '../../harness';
import { type Network, networks } from './networks';
import type { Task } from './tasks';

interface Errors extends Figures {
  /** The part of the test examples that are put into the wrong class, or of the test targets' variance that is left unexplained. */
  readonly test: number;
}

/** What a network has learned, with the best of its choices. */
export interface Learned extends Omit<Tuned<Errors>, 'name'> {
  readonly kind: 'learned';
  readonly task: string;
  readonly network: string;
  readonly choice: HarmonicMLPOptions;
}

const rates = [1e-3, 3e-3, 1e-2, 3e-2];

/** Several, since these networks are so small that chance decides with one. */
const tuningSeeds = [0, 1001, 1002, 1003, 1004];

/** Learns a task with each network, whose learning rate, and one more option, are tuned on validation data. */
export async function learn(task: Task, { seeds, quick, onProgress }: Setting): Promise<Learned[]> {
  const { validation, test } = task.examples(quick);
  const variance = varianceOf(test);
  const results: Learned[] = [];
  for (const network of networks) {
    const { name, choices = [{}] } = network;
    const contenders = (quick ? choices.slice(0, 1) : choices).map((choice) => ({
      choice,
      name: [task.name, name, JSON.stringify(choice)].join(', '),
      rates: quick ? rates.slice(0, 1) : rates,
      async train(run: { learningRate: number; seed: number }): Promise<Errors> {
        const training = await trainingOf(task, { network, choice, quick, ...run });
        if (task.kind === 'classification') {
          const found = await trainClassification(training, { validation, test });
          return { validation: found.validation.loss, test: 1 - found.test.accuracy };
        }
        const errors = await trainRegression(training, { validation, test });
        return { validation: errors.validation, test: errors.test ** 2 / variance };
      },
    }));
    const { contender, ...best } = await tuneAndChoose(contenders, { tuningSeeds, seeds, onProgress });
    results.push({ kind: 'learned', task: task.name, network: name, choice: contender.choice, ...best });
  }
  return results;
}

/** How a network learns a task. */
export async function trainingOf(
  { kind, inputSize, steps, examples }: Task,
  {
    network: { model, isProposed },
    choice,
    quick,
    learningRate,
    seed,
  }: { network: Network; choice: HarmonicMLPOptions; quick: boolean; learningRate: number; seed: number },
): Promise<Training> {
  const { train } = examples(quick);
  const form = kind === 'classification' ? { task: kind, classes: 2 } : { task: kind };
  const given = { ...form, hidden: [64], norm: 'none', dropout: 0, ...model, ...choice, seed } as const;
  const options = isProposed ? await proposedFor(train, given) : { ...given, standardizeInputs: true };
  return {
    model: { inputSize, ...options },
    ...{ train, steps: quick ? 2 : steps, batchSize: 32, schedule: 'cosine', learningRate, seed },
  };
}
