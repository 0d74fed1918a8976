import { requireNumber } from '@harmonic-mlp/core';
import { type AshaOptions, asha } from './asha';
import { type MedianOptions, median } from './median';
import type { Pruner } from './pruner';

/** How trials that do badly are ended. */
export type PruneName = 'none' | 'asha' | 'median';

export const pruneNames: readonly PruneName[] = ['none', 'asha', 'median'];

/** Settings of pruning: `reductionFactor` and `minEpochs` of ASHA, the others of median stopping. */
export interface PruningOptions extends AshaOptions, MedianOptions {}

const bounds = {
  reductionFactor: { min: 2 },
  minEpochs: { integer: true, min: 1 },
  startupTrials: { integer: true, min: 1 },
  warmupEpochs: { integer: true, min: 0 },
} as const;

export const pruningNames = Object.keys(bounds);

/** Makes what prunes; undefined for `none`. */
export function prunerOf(name: PruneName, options: PruningOptions): Pruner | undefined {
  for (const [option, its] of Object.entries(bounds)) {
    const value = options[option as keyof PruningOptions];
    if (value !== undefined) requireNumber(`pruning.${option}`, value, its);
  }
  return { none: () => undefined, asha, median }[name](options);
}
