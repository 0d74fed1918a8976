import { foldIn, randomKey, randomUniform } from '@harmonic-mlp/core';
import { type Applies, type Axes, applicable, keyOf, type Values } from './axis';
import { draw } from './draw';
import { allOf, gridOf } from './grid';
import { type Observation, propose } from './tpe';

/** How the next configuration is found. */
export type SearchName = 'grid' | 'random' | 'tpe';

export const searchNames: readonly SearchName[] = ['grid', 'random', 'tpe'];

/** A way through the configurations of a sweep. */
export interface Search {
  /**
   * The values of the next configuration; undefined if there is none left.
   *
   * @param earlier those of the configurations before it, all different: always the same list, which grows.
   * @param observations what is known about them.
   */
  next(earlier: readonly Values[], observations: () => readonly Observation[]): Values | undefined;
}

export interface SearchOptions {
  readonly axes: Axes;
  readonly applies?: Applies;
  /** The number of configurations; not of a grid. */
  readonly trials: number;
  readonly seed: number;
}

export const searches: Readonly<Record<SearchName, (options: SearchOptions) => Search>> = {
  grid({ axes, applies }) {
    const grid = gridOf(axes, applies);
    return { next: (earlier) => grid[earlier.length] };
  },
  random(options) {
    const taken = keysOf();
    const fresh = freshValues(options);
    return {
      next: (earlier) =>
        earlier.length < options.trials ? fresh(earlier.length, taken(earlier)) : undefined,
    };
  },
  tpe(options) {
    const { axes, applies, trials, seed } = options;
    const keys = keysOf();
    const fresh = freshValues(options);
    const key = foldIn(randomKey(seed), 'tpe');
    return {
      next(earlier, observations) {
        if (earlier.length >= trials) return undefined;
        const taken = keys(earlier);
        const known = earlier.length < startupTrials ? [] : observations();
        const ofConfiguration = foldIn(key, earlier.length);
        for (let attempt = 0; attempt < attempts && known.length >= startupTrials; attempt++) {
          const proposed = applicable(propose(axes, known, foldIn(ofConfiguration, attempt)), applies);
          if (!taken.has(keyOf(proposed))) return proposed;
        }
        return fresh(earlier.length, taken);
      },
    };
  },
};

/** How many configurations are drawn before the search is based on them, as in Optuna. */
const startupTrials = 10;

/** How often a configuration is proposed anew because there is already one like it. */
const attempts = 16;

/** How often one is drawn anew before those that are left are looked for. */
const mostDraws = 1000;

/** The keys of a growing list of configurations. */
function keysOf() {
  const keys = new Set<string>();
  let seen = 0;
  return (earlier: readonly Values[]): ReadonlySet<string> => {
    for (; seen < earlier.length; seen++) keys.add(keyOf(earlier[seen]));
    return keys;
  };
}

/** Draws the configuration of a number, other than those there are; undefined if none is left, or none can be found. */
function freshValues({ axes, applies, seed }: SearchOptions) {
  const key = foldIn(randomKey(seed), 'random');
  let all: ReadonlyMap<string, Values> | undefined;
  return (number: number, taken: ReadonlySet<string>): Values | undefined => {
    const ofConfiguration = foldIn(key, number);
    for (let attempt = 0; attempt < mostDraws; attempt++) {
      const values = applicable(draw(axes, foldIn(ofConfiguration, attempt)), applies);
      if (!taken.has(keyOf(values))) return values;
    }
    all ??= allOf(axes, applies) ?? new Map();
    const left = [...all.keys()].filter((each) => !taken.has(each));
    const [uniform] = randomUniform(foldIn(ofConfiguration, 'left'), 1);
    return all.get(left[Math.floor(uniform * left.length)]);
  };
}
