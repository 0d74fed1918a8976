import type { HarmonicMLPOptions } from 'harmonic-mlp';
import { type Contender, type Setting, type Tuned, trainRegression, tuneAndRepeat } from '../../harness';

/** Errors on the interval of the training data, and beyond it on both sides. */
export interface SineErrors {
  readonly [name: string]: number;
  /** Between the points that were trained on. */
  readonly validation: number;
  /** Up to twice as far out. */
  readonly beyond: number;
  /** From there to three times as far out. */
  readonly far: number;
}

/** A network that learns sin x from an interval. */
export interface SineNetwork {
  readonly name: string;
  readonly model: HarmonicMLPOptions;
  readonly rates: readonly number[];
  readonly weightDecay?: number;
}

/** What is learned, and how. */
export interface SineTask {
  /** The training interval is from −n to n periods. */
  readonly periods: number;
  readonly points: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly schedule?: string;
}

/** Several, since single runs go wrong at high rates. */
const tuningSeeds = [0, 1001, 1002];

/** Learns a sine with each network, and tests it beyond the training interval. Learning rates are tuned inside it. */
export async function learnSine(
  networks: readonly SineNetwork[],
  task: SineTask,
  { seeds, quick, onProgress }: Setting,
): Promise<Tuned<SineErrors>[]> {
  const { periods, schedule } = task;
  const { points, steps, batchSize } = quick ? { points: 16, steps: 3, batchSize: 8 } : task;
  const edge = 2 * Math.PI * periods;
  const train = sineOf(grid(-edge, edge, points));
  const sets = {
    validation: sineOf(grid(-edge, edge, points + 1)),
    beyond: sineOf([...grid(-2 * edge, -edge, points), ...grid(edge, 2 * edge, points)]),
    far: sineOf([...grid(-3 * edge, -2 * edge, points), ...grid(2 * edge, 3 * edge, points)]),
  };
  const results: Tuned<SineErrors>[] = [];
  for (const { name, model, rates, weightDecay } of networks) {
    const contender: Contender<SineErrors> = {
      name,
      rates: quick ? rates.slice(0, 1) : rates,
      train: ({ learningRate, seed }) =>
        trainRegression(
          {
            model: { inputSize: 1, ...model, ...(quick && { hidden: [8] }) },
            ...{ train, steps, batchSize, schedule, learningRate, weightDecay, seed },
          },
          sets,
        ),
    };
    results.push(await tuneAndRepeat(contender, { tuningSeeds, seeds, onProgress }));
  }
  return results;
}

/** The middles of so many equal parts. */
const grid = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * (i + 0.5)) / count);

const sineOf = (inputs: number[]) => ({ inputs, targets: inputs.map(Math.sin) });
