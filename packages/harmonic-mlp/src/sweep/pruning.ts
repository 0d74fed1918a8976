import { requireKnown, requireNumber, requireOptions } from '@harmonic-mlp/core';
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

/**
 * Makes what prunes; undefined for `none`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting that is unknown or out of bounds.
 */
export function prunerOf(name: PruneName, options: PruningOptions): Pruner | undefined {
  requireOptions('pruning', options, 'sweep({ pruning: { minEpochs: 2 } })');
  requireKnown(options, Object.keys(bounds), 'pruning');
  for (const [option, its] of Object.entries(bounds)) {
    const value = options[option as keyof PruningOptions];
    if (value !== undefined) requireNumber(`pruning.${option}`, value, its);
  }
  return { none: () => undefined, asha, median }[name](options);
}
