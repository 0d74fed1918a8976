import type { Pruner } from './pruner';

/** Settings of median stopping. */
export interface MedianOptions {
  /** How many trials are trained to their end before others are compared with them. Default 5. */
  startupTrials?: number;
  /** The epochs after which no trial is ended. Default 0. */
  warmupEpochs?: number;
}

/** The losses of a trial, at the epochs that it reported: the least, and the mean, of those until each. */
interface Curve {
  readonly epochs: number[];
  readonly means: number[];
  sum: number;
  least: number;
}

/**
 * The median stopping rule (Golovin et al., "Google Vizier: a service for black-box optimization", KDD 2017): a trial ends if its
 * best loss so far is worse than the median of the mean losses, up to the same epoch, of the trials that were trained to their end.
 */
export function median({ startupTrials = 5, warmupEpochs = 0 }: MedianOptions): Pruner {
  const curves = new Map<string, Curve>();
  const completed: Curve[] = [];
  /** The means of those completed, up to an epoch, in order of size, and how many curves they are of. */
  const sortedAt = new Map<number, { sorted: number[]; seen: number }>();

  function meansAt(epoch: number): readonly number[] {
    const at = sortedAt.get(epoch) ?? { sorted: [], seen: 0 };
    sortedAt.set(epoch, at);
    for (; at.seen < completed.length; at.seen++) {
      const { epochs, means } = completed[at.seen];
      let last = epochs.length - 1;
      while (epochs[last] > epoch) last--;
      if (last >= 0) insert(at.sorted, means[last]);
    }
    return at.sorted;
  }

  return {
    goesOn(trial, epoch, loss) {
      const curve = curves.get(trial) ?? { epochs: [], means: [], sum: 0, least: Infinity };
      curves.set(trial, curve);
      curve.sum += loss;
      curve.epochs.push(epoch);
      curve.means.push(curve.sum / curve.epochs.length);
      curve.least = Math.min(curve.least, loss);
      if (epoch <= warmupEpochs || completed.length < startupTrials) return true;
      const means = meansAt(epoch);
      return means.length === 0 || (curve.least < Infinity && curve.least <= medianOf(means));
    },
    complete(trial) {
      const curve = curves.get(trial);
      completed.push(curve ?? { epochs: [], means: [], sum: 0, least: Infinity });
    },
  };
}

/** Inserts a number into a list in order of size. */
function insert(sorted: number[], number: number): void {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= number) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, number);
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
