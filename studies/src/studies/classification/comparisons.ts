import type { SettingValues } from 'harmonic-mlp/settings';
import type { Axes, SearchName } from 'harmonic-mlp/sweep';
import { baselines, type Cell, commonAxes, periodic, published } from './cells';

/** Networks of one size on one data set. */
export interface Comparison {
  /** Its name in files, and that of its table. */
  readonly name: string;
  /** What its networks learn, where it is shown beside others. */
  readonly title: string;
  /** What all networks have in common, unless they say otherwise. */
  readonly settings: SettingValues;
  /** Default: the finalists of the first comparison. */
  readonly cells?: readonly Cell[];
  /** The networks without periodic units that are beside the finalists. Default: all. */
  readonly baselines?: readonly Cell[];
  /** The comparison whose search is used in place of its own. */
  readonly searchOf?: string;
  /** The comparison whose chosen configurations its networks have, but for its own {@link axes}: none, and nothing is tuned. */
  readonly chosenOf?: string;
  /** What is tuned of networks that are otherwise chosen already. */
  readonly axes?: Axes;
  /** Where its effort is not the usual one. */
  readonly effort?: Partial<Effort>;
}

/** How much is tried for each network. */
type Effort = Pick<typeof effort, 'trials' | 'searchLength' | 'chosen'>;

/** The effort, the same for every network of a comparison that is tuned. */
export const effort = {
  /** The configurations that a search tries, trained for this part of the epochs. */
  trials: 24,
  searchSeed: 0,
  searchLength: 0.5,
  /** How many of the best are compared at full length with other seeds, which are these. */
  chosen: 5,
  choosingSeeds: [1, 2],
  /** The examples that are held out to tune and to choose. */
  validation: 10_000,
  /** The trainings at once, on whose order a search depends. */
  jobs: 2,
  /** The seeds of the final trainings on all training examples, of which the test examples are evaluated. */
  finalSeeds: [101, 102, 103, 104, 105, 106, 107, 108, 109, 110],
};

/** The networks with periodic units, of all in the first comparison, that take part in the others. */
export const finalistsOfPeriodic = 1;

/**
 * What is done to a network, in this order: a search over the learning rate and all else that is tuned, with one seed and schedules of half the length; the best at
 * full length with other seeds, of which the best mean is chosen; and the chosen one on all training examples, with ten more seeds.
 */
export type Phase = 'tune' | 'choose' | 'final';
export const phases: readonly Phase[] = ['tune', 'choose', 'final'];

/** A sweep of a study. All of it is recorded with the results. */
export interface Stage {
  readonly settings: SettingValues;
  readonly axes: Axes;
  readonly seeds: readonly number[];
  readonly search: SearchName;
  readonly trials?: number;
  /** The trainings at once, on whose order a search depends. */
  readonly jobs: number;
}

const inAll = { schedule: 'cosine', freqScaleFactor: 0, backend: 'wasm' };

/** All comparisons, in the order in which they are made. */
export const comparisons: readonly [Comparison & { cells: readonly Cell[] }, ...Comparison[]] = [
  {
    name: 'mnist-512-256',
    title: 'MNIST',
    settings: { ...inAll, hidden: [512, 256], epochs: 15 },
    // What can tell most comes first, since any of it may be the last for today.
    cells: [baselines[0], ...periodic.slice(0, 2), published, baselines[1], ...periodic.slice(2)],
  },
  {
    name: 'mnist-512-256-long',
    title: 'MNIST',
    settings: { ...inAll, hidden: [512, 256], epochs: 30 },
    searchOf: 'mnist-512-256',
  },
  {
    name: 'fashion-512-256',
    title: 'Fashion-MNIST',
    settings: { ...inAll, dataset: 'fashion-mnist', hidden: [512, 256], epochs: 15 },
  },
  {
    name: 'mnist-512-256-augmented',
    title: 'MNIST, distorted anew in each epoch',
    settings: { ...inAll, hidden: [512, 256], epochs: 60 },
    chosenOf: 'mnist-512-256',
    axes: {
      learningRate: commonAxes.learningRate,
      dropout: commonAxes.dropout,
      noise: commonAxes.noise,
      // Distorted images vary anyway.
      inputNoise: [0, 0.2, 0.4],
      augmentShift: [1, 2],
      augmentRotation: [7.5, 15],
      augmentScale: [0.075, 0.15],
      augmentElastic: [0, 0.75, 1.5],
    },
    effort: { trials: 12, searchLength: 1 / 3, chosen: 2 },
  },
  {
    name: 'mnist-1024-1024-1024',
    title: 'MNIST',
    settings: { ...inAll, hidden: [1024, 1024, 1024], epochs: 30 },
    baselines: [],
    chosenOf: 'mnist-512-256-long',
  },
  ...[16, 32, 64, 128].map((width) => ({
    name: `mnist-${width}`,
    title: 'MNIST',
    settings: { ...inAll, hidden: [width], epochs: 10 },
  })),
];

/** What a phase of a network starts from. */
export interface Start {
  /** The values that another comparison has chosen. */
  readonly base?: SettingValues;
  /** The values from the phase before: the best first. */
  readonly candidates?: readonly SettingValues[];
}

/** A phase of a network in a comparison. */
export function stageOf(
  comparison: Comparison,
  { settings: own, axes }: Cell,
  phase: Phase,
  { base = {}, candidates = [{}] }: Start = {},
): Stage {
  const { trials, searchLength, chosen } = { ...effort, ...comparison.effort };
  const settings = { ...comparison.settings, ...own, ...base };
  const heldOut = { ...settings, validation: effort.validation };
  const { jobs } = effort;
  switch (phase) {
    case 'tune':
      return {
        settings: { ...heldOut, epochs: Math.floor(searchLength * (settings.epochs as number)) },
        axes: comparison.axes ?? { ...commonAxes, ...axes },
        seeds: [effort.searchSeed],
        search: 'tpe',
        trials,
        jobs,
      };
    case 'choose': {
      const of = candidates.slice(0, chosen);
      return {
        settings: heldOut,
        axes: { of },
        seeds: effort.choosingSeeds,
        search: 'grid',
        jobs,
      };
    }
    case 'final': {
      const of = candidates.slice(0, 1);
      return { settings, axes: { of }, seeds: effort.finalSeeds, search: 'grid', jobs };
    }
  }
}

/** The baselines of the first comparison, so small and so short that it takes less than a minute. */
export const quickly = ([first]: typeof comparisons): Comparison[] => [
  {
    ...first,
    settings: { ...first.settings, hidden: [8], epochs: 2 },
    cells: baselines,
    effort: { trials: 3 },
  },
];
