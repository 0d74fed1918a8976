import { HarmonicError } from '@harmonic-mlp/core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { damaged, namedSettings, numericSettings, type OptimizerSettings, printable } from '../checkpoint';
import type { Model } from '../model';
import { createOptimizer } from './create-optimizer';

/** The learning rate of an optimizer, if it reports one. */
export function rateOf(optimizer: Optimizer): number | undefined {
  const { learningRate } = optimizer as { learningRate?: unknown };
  return Number.isFinite(learningRate) ? (learningRate as number) : undefined;
}

/** The settings of any optimizer. */
export function settingsOf(optimizer: Optimizer): OptimizerSettings {
  const { base } = optimizer as { base?: Optimizer };
  const all: Record<string, unknown> = {
    ...(base && configOf(base)),
    ...configOf(optimizer),
    learningRate: (optimizer as { learningRate?: unknown }).learningRate,
  };
  const known = [
    ...numericSettings.filter((name) => Number.isFinite(all[name])),
    ...namedSettings.filter((name) => typeof all[name] === 'string'),
    ...(typeof all.nesterov === 'boolean' ? ['nesterov'] : []),
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
    return {}; // A custom optimizer may not have a configuration.
  }
}

/**
 * The optimizer of a checkpoint's run, without its state; the default one if the file is older and has no settings.
 *
 * @throws {HarmonicError} `INVALID_DATA` if {@link createOptimizer} does not make that kind, or if the settings are out of
 *   bounds.
 */
export function optimizerLike(model: Model, settings: OptimizerSettings | undefined): Optimizer {
  if (settings === undefined) return createOptimizer(model);
  const { className, baseClassName, ...options } = settings;
  const isNamed = className === 'TransformOptimizer' && options.optimizer !== undefined;
  if (!isNamed && (className !== 'FrequencyAwareOptimizer' || baseClassName !== 'HarmonicAdam')) {
    const name = baseClassName === undefined ? className : `${className} around ${baseClassName}`;
    throw new HarmonicError('INVALID_DATA', {
      argument: 'optimizer',
      problem: `The checkpoint's run was trained by ${printable(name)}, which fit cannot make by itself.`,
      fix: 'Pass such an optimizer as the option optimizer.',
    });
  }
  try {
    // 1e-8 stands for the default, which differs with 16-bit floats.
    return createOptimizer(model, {
      ...options,
      epsilon: options.epsilon === 1e-8 ? undefined : options.epsilon,
    });
  } catch (cause) {
    throw damaged('optimizerSettings', "The checkpoint's record of the optimizer's settings", cause);
  }
}
