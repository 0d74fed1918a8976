import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { createOptimizer, type OptimizerOptions } from './create-optimizer';
import type { HarmonicMLP } from './harmonic-mlp';
import { printable } from './safetensors';

/** What an optimizer works with, as far as it tells; plain JSON. */
export interface OptimizerSettings extends OptimizerOptions {
  /** What tfjs calls its class: `FrequencyAwareOptimizer`, `HarmonicAdam`, `SGD` … */
  className: string;
  /** The class of the optimizer that a `FrequencyAwareOptimizer` wraps. */
  baseClassName?: string;
}

const numbers = [
  'learningRate',
  'beta1',
  'beta2',
  'epsilon',
  'weightDecay',
  'freqScaleFactor',
] as const satisfies readonly (keyof OptimizerOptions)[];
// Earlier files say scale.
const words = [
  'weightDecayMode',
  'freqScale',
  'scale',
] as const satisfies readonly (keyof OptimizerOptions)[];

/** The settings of any optimizer. */
export function settingsOf(optimizer: Optimizer): OptimizerSettings {
  const { base } = optimizer as { base?: Optimizer };
  const all: Record<string, unknown> = {
    ...(base && configOf(base)),
    ...configOf(optimizer),
    learningRate: (optimizer as { learningRate?: unknown }).learningRate,
  };
  const known = [
    ...numbers.filter((name) => Number.isFinite(all[name])),
    ...words.filter((name) => typeof all[name] === 'string'),
  ];
  return {
    className: optimizer.getClassName(),
    ...(base && { baseClassName: base.getClassName() }),
    ...Object.fromEntries(known.map((name) => [name, all[name]])),
  };
}

function configOf(optimizer: Optimizer): Record<string, unknown> {
  try {
    return { ...optimizer.getConfig() };
  } catch {
    return {}; // What a custom optimizer does not tell is not known.
  }
}

/**
 * Checks settings of a file.
 *
 * @throws {HarmonicError} when something in them is of another type.
 */
export function requireSettings(stored: OptimizerSettings): void {
  if (typeof stored?.className !== 'string') throw new Error('optimizerSettings has no className.');
  for (const name of numbers) {
    if (stored[name] !== undefined) requireNumber(name, stored[name], { min: 0 });
  }
  for (const name of [...words, 'baseClassName'] as const) {
    const value = stored[name];
    if (value !== undefined && typeof value !== 'string') throw new Error(`${name} is not a text.`);
  }
}

/**
 * The optimizer that a checkpoint's run had, without its state; the default one where the file, an older one, tells none.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it was of another kind than {@link createOptimizer}'s, or the settings are
 *   out of bounds.
 */
export function optimizerLike(model: HarmonicMLP, settings: OptimizerSettings | undefined): Optimizer {
  if (settings === undefined) return createOptimizer(model);
  const { className, baseClassName, ...options } = settings;
  if (className !== 'FrequencyAwareOptimizer' || baseClassName !== 'HarmonicAdam') {
    const name = baseClassName === undefined ? className : `${className} around ${baseClassName}`;
    throw new HarmonicError(
      'INVALID_DATA',
      `The checkpoint's run was trained by ${printable(name)}, which fit does not make by itself. Give such an optimizer as the option optimizer.`,
    );
  }
  try {
    // 1e-8 stands for the default, which is another one with 16-bit floats.
    return createOptimizer(model, {
      ...options,
      epsilon: options.epsilon === 1e-8 ? undefined : options.epsilon,
    });
  } catch (cause) {
    throw new HarmonicError(
      'INVALID_DATA',
      `The checkpoint's settings of the optimizer are damaged: ${printable((cause as Error).message, 300)}`,
      { cause },
    );
  }
}
