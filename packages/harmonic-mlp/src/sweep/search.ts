import { foldIn, randomKey } from '@harmonic-mlp/core';
import { type Applies, type Axes, applicable, keyOf, type Values } from './axis';
import { draw } from './draw';
import { gridOf } from './grid';
import { type Observation, propose } from './tpe';

/** How the next configuration is found. */
export type SearchName = 'grid' | 'random' | 'tpe';

export const searchNames: readonly SearchName[] = ['grid', 'random', 'tpe'];

/** A way through the configurations of a sweep. */
export interface Search {
  /**
   * The values of the next configuration; undefined if there is none left.
   *
   * @param earlier those of the configurations before it, all different.
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
    const fresh = freshValues(options);
    return { next: (earlier) => (earlier.length < options.trials ? fresh(earlier) : undefined) };
  },
  tpe(options) {
    const { axes, applies, trials, seed } = options;
    const fresh = freshValues(options);
    const key = foldIn(randomKey(seed), 'tpe');
    return {
      next(earlier, observations) {
        if (earlier.length >= trials) return undefined;
        const taken = new Set(earlier.map(keyOf));
        const known = observations();
        const ofConfiguration = foldIn(key, earlier.length);
        for (let attempt = 0; attempt < attempts && known.length >= startupTrials; attempt++) {
          const proposed = applicable(propose(axes, known, foldIn(ofConfiguration, attempt)), applies);
          if (!taken.has(keyOf(proposed))) return proposed;
        }
        return fresh(earlier);
      },
    };
  },
};

/** How many configurations are drawn before the search is based on them, as in Optuna. */
const startupTrials = 10;

/** How often a configuration is proposed anew because there is already one like it. */
const attempts = 16;

/** How many draws in a row may give nothing new before all configurations count as found. */
const mostRepeats = 1000;

/** Draws configurations, and leaves out those that there are already; undefined once it finds no more. */
function freshValues({ axes, applies, seed }: SearchOptions) {
  const key = foldIn(randomKey(seed), 'random');
  let draws = 0;
  return (earlier: readonly Values[]): Values | undefined => {
    const taken = new Set(earlier.map(keyOf));
    for (const end = draws + mostRepeats; draws < end; ) {
      const values = applicable(draw(axes, foldIn(key, draws++)), applies);
      if (!taken.has(keyOf(values))) return values;
    }
    return undefined;
  };
}
