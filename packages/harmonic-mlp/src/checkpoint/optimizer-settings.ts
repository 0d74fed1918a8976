import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { AdamOptions, FrequencyAwareOptions } from '@harmonic-mlp/freq-optimizer';

/** What an optimizer works with, as far as it tells; plain JSON. */
export interface OptimizerSettings extends AdamOptions, FrequencyAwareOptions {
  /** What tfjs calls its class: `FrequencyAwareOptimizer`, `HarmonicAdam`, `SGD` … */
  className: string;
  /** The class of the optimizer that a `FrequencyAwareOptimizer` wraps. */
  baseClassName?: string;
}

/** The settings that are numbers, at least 0. */
export const numericSettings = [
  'learningRate',
  'beta1',
  'beta2',
  'epsilon',
  'weightDecay',
  'freqScaleFactor',
] as const satisfies readonly (keyof OptimizerSettings)[];

/** The settings that are names. */
export const namedSettings = [
  'weightDecayMode',
  'freqScale',
] as const satisfies readonly (keyof OptimizerSettings)[];

/**
 * Checks settings of a file.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` when something in them is of another type.
 */
export function requireOptimizerSettings(stored: OptimizerSettings): void {
  for (const name of numericSettings) {
    if (stored?.[name] !== undefined) requireNumber(name, stored[name], { min: 0 });
  }
  for (const name of ['className', ...namedSettings, 'baseClassName'] as const) {
    const value = stored?.[name];
    if (typeof value === 'string' || (value === undefined && name !== 'className')) continue;
    throw new HarmonicError('INVALID_ARGUMENT', { argument: name, value, allowed: 'a string' });
  }
}
