import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { AdamOptions, FrequencyAwareOptions, OptimizerName } from '@harmonic-mlp/freq-optimizer';
import { requireSetting } from '../setting';

/** What an optimizer works with, as far as it tells; plain JSON. */
export interface OptimizerSettings extends AdamOptions, FrequencyAwareOptions {
  /** What tfjs calls its class: `FrequencyAwareOptimizer`, `HarmonicAdam`, `SGD` … */
  className: string;
  /** The class of the optimizer that a `FrequencyAwareOptimizer` wraps. */
  baseClassName?: string;
  /** Of one that was made by its name: that. */
  optimizer?: OptimizerName;
  /** μ. */
  momentum?: number;
  /** Whether momentum is Nesterov's. */
  nesterov?: boolean;
  /** The limit for the magnitude of each element of a gradient. */
  clipValue?: number;
  /** The limit for the norm of all gradients together. */
  clipNorm?: number;
}

/** The settings that are numbers, at least 0. */
export const numericSettings = [
  'learningRate',
  'beta1',
  'beta2',
  'epsilon',
  'weightDecay',
  'freqScaleFactor',
  'momentum',
  'clipValue',
  'clipNorm',
] as const satisfies readonly (keyof OptimizerSettings)[];

/** The settings that are names. */
export const namedSettings = [
  'weightDecayMode',
  'freqScale',
  'optimizer',
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
  if (stored?.nesterov !== undefined)
    requireSetting('nesterov', stored.nesterov, { kind: 'flag', default: false });
  for (const name of ['className', ...namedSettings, 'baseClassName'] as const) {
    const value = stored?.[name];
    if (typeof value === 'string' || (value === undefined && name !== 'className')) continue;
    throw new HarmonicError('INVALID_ARGUMENT', { argument: name, value, allowed: 'a string' });
  }
}
