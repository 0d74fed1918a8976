import { HarmonicError } from '@harmonic-mlp/core';
import { isSavable } from '@harmonic-mlp/freq-optimizer';
import type { UnusableData } from '../data';
import type { Position } from '../records';
import type { Callback, Run } from './callback';
import { areFinite } from './finite';
import { rateOf } from './optimizer-settings';
import { type Snapshot, snapshotsOf } from './snapshot';

/** Looks for unusable data in the given steps of an epoch, counted from 1. */
export type FindFault = (epoch: number, first: number, last: number) => Promise<UnusableData | undefined>;

/**
 * Ends a run if a loss or a weight is no longer finite: restores the last good weights, then throws `INVALID_DATA` if the data
 * are the cause, otherwise `DIVERGED`.
 *
 * @param readIsDue whether the losses are read after a step.
 */
export function divergenceGuard(readIsDue: (position: Position) => boolean, findFault: FindFault): Callback {
  let takeSnapshot: () => Snapshot;
  /** Weights with a finite loss. */
  let good: Snapshot | undefined;
  /** Weights and statistics that were checked at the last pause; a finite loss may hide a weight that is not. */
  let checked: Snapshot | undefined;
  /** Weights of the step before a read, whose loss is not known yet. */
  let candidate: Snapshot | undefined;

  return {
    name: 'divergenceGuard',
    onStart(_, { model }) {
      takeSnapshot = snapshotsOf(model);
      good = takeSnapshot();
      checked = takeSnapshot();
    },
    beforeStep(position) {
      if (!readIsDue(position)) return;
      candidate?.dispose();
      candidate = takeSnapshot();
    },
    async onMetrics({ epoch, step, losses }, run) {
      const bad = losses.findIndex((loss) => !Number.isFinite(loss));
      if (bad >= 0) {
        const first = step - losses.length + 1;
        // From the step before, whose gradients may not be finite although its loss is, such as if relu hides a NaN.
        const suspected = Math.max(1, first - 1);
        await stop(
          run,
          `The training loss is ${losses[bad]} at step ${first + bad} of epoch ${epoch}`,
          suspected,
        );
      }
      if (candidate !== undefined) {
        good?.dispose();
        good = candidate;
        candidate = undefined;
      }
    },
    async onPause({ epoch, step }, run) {
      const current = takeSnapshot();
      try {
        if (!(await current.areFinite()))
          await stop(run, `The weights are no longer finite after step ${step} of epoch ${epoch}`, step);
      } catch (error) {
        current.dispose();
        throw error;
      }
      checked?.dispose();
      checked = current;
    },
    dispose() {
      for (const snapshot of [good, checked, candidate]) snapshot?.dispose();
    },
  };

  /** @param first the first step whose data are suspect; the current one is the last. */
  async function stop(run: Run, what: string, first: number): Promise<never> {
    const { optimizer, position } = run;
    const { epoch, step } = position;
    const isGood = await good!.areFinite();
    (isGood ? good : checked)!.restore();
    const isSpoiled = !(await clearSpoiledState(run));
    const rate = rateOf(optimizer);
    const diverged = new HarmonicError('DIVERGED', {
      problem: `${what}: training diverged. The weights are back at the last good ones.`,
      fix: `Lower the learning rate${rate === undefined ? '' : ` (now ${rate})`}.${isSpoiled ? ` The state of this ${optimizer.getClassName()} may not be finite; make a new one.` : ''}`,
    });
    let fault: UnusableData | undefined;
    try {
      fault = await findFault(epoch, first, step);
      // If no loss shows when it began, it may have been at any step of the epoch.
      if (fault === undefined && !isGood && first > 1) fault = await findFault(epoch, 1, first - 1);
    } catch {
      // Data that cannot be read again must not hide the divergence.
    }
    if (fault === undefined) throw diverged;
    const problem = `${fault.problem} ${what}; the weights are back at the last good ones.`;
    throw new HarmonicError('INVALID_DATA', { ...fault, problem }, { cause: diverged });
  }
}

/** Resets the state of an optimizer if it is no longer finite, so that it can be used again; false if that is impossible. */
async function clearSpoiledState({ model, optimizer }: Run): Promise<boolean> {
  if (!isSavable(optimizer)) return false;
  try {
    const { tensors } = optimizer.saveState(model.parameters);
    const moments = Object.values(tensors);
    if (moments.length === 0) return true;
    if (!(await areFinite(moments))) optimizer.loadState(model.parameters, { tensors: {}, values: {} });
    return true;
  } catch {
    return false; // A wrapper whose base cannot save its state.
  }
}
