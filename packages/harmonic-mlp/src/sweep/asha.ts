import type { Pruner } from './pruner';

/** Settings of ASHA. */
export interface AshaOptions {
  /** The factor η between two rungs: about one of η trials goes on from each. Default 3, at least 2. */
  reductionFactor?: number;
  /** The epoch of the first rung. Default 1. */
  minEpochs?: number;
}

/**
 * The asynchronous successive halving algorithm (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020), in
 * its stopping variant: at epochs `minEpochs·ηᵏ`, a trial goes on if it is among the best ⌊n/η⌋, at least one, of the n trials that
 * have reached this rung so far, itself included.
 */
export function asha({ reductionFactor = 3, minEpochs = 1 }: AshaOptions): Pruner {
  /** The losses of the trials that have reached each rung. */
  const rungs: number[][] = [];
  /** How many rungs each trial has reached. */
  const reached = new Map<string, number>();
  return {
    goesOn(trial, epoch, loss) {
      let isAmongBest = true;
      for (;;) {
        const rung = reached.get(trial) ?? 0;
        if (epoch < minEpochs * reductionFactor ** rung) return isAmongBest;
        reached.set(trial, rung + 1);
        rungs[rung] ??= [];
        const losses = rungs[rung];
        losses.push(loss);
        const going = Math.max(1, Math.floor(losses.length / reductionFactor));
        isAmongBest &&= loss < Infinity && losses.filter((other) => other < loss).length < going;
      }
    },
    complete() {},
  };
}
