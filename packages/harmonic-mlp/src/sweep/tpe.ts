import { foldIn, type RandomKey } from '@harmonic-mlp/core';
import type { Axes, Values } from './axis';
import { parzenOf } from './parzen';

/** What is known about a configuration. */
export interface Observation {
  readonly values: Values;
  /** The mean over its seeds, the less the better; infinite if it is worse than all others. */
  readonly loss: number;
  /** The epoch in which it was pruned. */
  readonly pruned?: number;
}

/** How many values are drawn, of which the best is proposed. */
const candidates = 24;

/**
 * Proposes values by the tree-structured Parzen estimator (Bergstra, Bardenet, Bengio, and Kégl, "Algorithms for hyper-parameter
 * optimization", NeurIPS 2011), with the choices of Optuna: of n observations, the best ⌈n/10⌉, at most 25, are estimated
 * apart from the others. Each axis gets the value with the greatest ratio of the two densities, of 24 drawn from the good ones.
 */
export function propose(axes: Axes, observations: readonly Observation[], key: RandomKey): Values {
  const { good, others } = split(observations);
  return Object.fromEntries(
    Object.entries(axes).map(([name, axis]) => {
      const observed = (of: readonly Observation[]) =>
        of.filter(({ values }) => name in values).map(({ values }) => values[name]);
      const [likely, unlikely] = [parzenOf(axis, observed(good)), parzenOf(axis, observed(others))];
      const ofAxis = foldIn(key, name);
      let best: { value: unknown; ratio: number } | undefined;
      for (let i = 0; i < candidates; i++) {
        const value = likely.sample(foldIn(ofAxis, i));
        const ratio = likely.logDensity(value) - unlikely.logDensity(value);
        if (best === undefined || ratio > best.ratio) best = { value, ratio };
      }
      return [name, best!.value];
    }),
  );
}

/** The best observations and the others, each in the order of time. Of those that were pruned, the later the better. */
export function split(observations: readonly Observation[]) {
  const count = Math.min(25, Math.ceil(0.1 * observations.length));
  const ranked = [...observations].sort(
    (a, b) =>
      Number(a.pruned !== undefined) - Number(b.pruned !== undefined) ||
      (b.pruned ?? 0) - (a.pruned ?? 0) ||
      compare(a.loss, b.loss),
  );
  const best = new Set(ranked.slice(0, count));
  return {
    good: observations.filter((each) => best.has(each)),
    others: observations.filter((each) => !best.has(each)),
  };
}

const compare = (a: number, b: number): number => (a === b ? 0 : a - b);
