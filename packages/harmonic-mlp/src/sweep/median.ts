import type { Pruner } from './pruner';

/** Settings of median stopping. */
export interface MedianOptions {
  /** How many trials are trained to their end before others are compared with them. Default 5. */
  startupTrials?: number;
  /** The epochs after which no trial is ended. Default 0. */
  warmupEpochs?: number;
}

/**
 * The median stopping rule (Golovin et al., "Google Vizier: a service for black-box optimization", KDD 2017): a trial ends if its
 * best loss so far is worse than the median of the mean losses, up to the same epoch, of the trials that were trained to their end.
 */
export function median({ startupTrials = 5, warmupEpochs = 0 }: MedianOptions): Pruner {
  const curves = new Map<string, { epoch: number; loss: number }[]>();
  const completed: { epoch: number; loss: number }[][] = [];
  return {
    goesOn(trial, epoch, loss) {
      const curve = curves.get(trial) ?? [];
      curves.set(trial, curve);
      curve.push({ epoch, loss });
      if (epoch <= warmupEpochs || completed.length < startupTrials) return true;
      const best = Math.min(...curve.map((point) => point.loss));
      const means = completed.flatMap((each) => {
        const until = each.filter((point) => point.epoch <= epoch);
        return until.length === 0 ? [] : [mean(until.map((point) => point.loss))];
      });
      return means.length === 0 || best <= medianOf(means);
    },
    complete(trial) {
      completed.push(curves.get(trial) ?? []);
    },
  };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => (a === b ? 0 : a - b));
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
