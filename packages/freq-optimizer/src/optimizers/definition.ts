import {
  type Bounds,
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import type { FreqScale } from '../frequency-aware-optimizer';
import { addDecayedWeights, type Transform } from '../transforms';

/** Settings of the optimizers in the table; each takes those that its definition lists. */
export interface OptimizerSettings {
  /** At least 0. Default 1e-3 for Adam and AdamW, 0.1 for SGD, 0.01 with momentum. */
  learningRate?: number;
  /** λ, at least 0: coupled, or decoupled in AdamW. Default 0, or 0.01 in AdamW. */
  weightDecay?: number;
  /** What no element of a gradient may be larger than, greater than 0. Default: no limit. */
  clipValue?: number;
  /** What the norm of all gradients together may not be larger than, greater than 0. Default: no limit. */
  clipNorm?: number;
  /** f in `s = 1/(1 + f·p)`, at least 0. Default 0.1. */
  freqScaleFactor?: number;
  /** What s multiplies: the `gradient` (default, as published) or the `update`. */
  freqScale?: FreqScale;
  /** The decay of Adam's first moment, in [0, 1). Default 0.9. */
  beta1?: number;
  /** The decay of Adam's second moment, in [0, 1). Default 0.999. */
  beta2?: number;
  /** What is added to the root of Adam's second moment. Default 1e-8; 1e-4 on backends with 16-bit floats. */
  epsilon?: number;
  /** μ of momentum, in [0, 1). Default 0.9. */
  momentum?: number;
  /** Whether momentum looks ahead (Nesterov). Default false. */
  nesterov?: boolean;
}

type Open = 'clipValue' | 'clipNorm' | 'epsilon';

/** Settings that are checked, and complete but for what may be left open. */
export type CheckedSettings = Required<Omit<OptimizerSettings, Open>> & Pick<OptimizerSettings, Open>;

/** One setting: a number within bounds, one of some words, or true or false. */
export interface OptimizerSetting {
  /** Undefined where the setting may be left open. */
  readonly default: number | string | boolean | undefined;
  /** Of a number. */
  readonly bounds?: Bounds;
  /** The words. */
  readonly choices?: readonly string[];
  /** One sentence, for help texts. */
  readonly summary: string;
}

/** A kind of optimizer. */
export interface OptimizerDefinition {
  readonly name: string;
  /** One sentence, for help texts. */
  readonly summary: string;
  readonly settings: { readonly [K in keyof OptimizerSettings]: OptimizerSetting };
  /** What it does to gradients, clipped or scaled by period before; the settings are checked. */
  make(settings: CheckedSettings): Transform[];
}

/** λ of weight decay. */
export const weightDecay = {
  default: 0,
  bounds: { min: 0 },
  summary: 'Weight decay, added to the gradients.',
} satisfies OptimizerSetting;

/** Limit of each element. */
export const clipValue = {
  default: undefined,
  bounds: { above: 0 },
  summary: 'Limits each element of the gradients.',
} satisfies OptimizerSetting;

/** Limit of the norm. */
export const clipNorm = {
  default: undefined,
  bounds: { above: 0 },
  summary: 'Limits the norm of all gradients together.',
} satisfies OptimizerSetting;

/** f. */
export const freqScaleFactor = {
  default: 0.1,
  bounds: { min: 0 },
  summary: 'f in 1/(1 + f·p), by which units of period p are scaled.',
} satisfies OptimizerSetting;

/** What is scaled. */
export const freqScale = {
  default: 'gradient',
  choices: ['gradient', 'update'],
  summary: 'What is scaled by period: gradients, or updates, a learning rate per unit.',
} satisfies OptimizerSetting;

/** Weight decay, where there is any. */
export const decay = (weightDecay: number): Transform[] =>
  weightDecay === 0 ? [] : [addDecayedWeights(weightDecay)];

/**
 * Checks settings, and completes them.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds, or of an unknown name.
 */
export function requireSettings(
  { name, settings }: OptimizerDefinition,
  given: OptimizerSettings | undefined,
): CheckedSettings {
  const example = `makeOptimizer('${name}', { learningRate: 1e-3 })`;
  const values = requireOptions<object>('settings', given, example, settings as KnownOptions<object>);
  const checked = Object.entries(settings).map(([setting, definition]) => [
    setting,
    requireSetting(setting, (values as Record<string, unknown>)[setting], definition),
  ]);
  return Object.fromEntries(checked.filter(([, value]) => value !== undefined));
}

function requireSetting(argument: string, given: unknown, setting: OptimizerSetting): unknown {
  // Null is how JSON leaves a setting open.
  const value = given === undefined ? setting.default : given;
  if (value == null && setting.default === undefined) return undefined;
  if (setting.choices !== undefined) return requireOneOf(argument, value, setting.choices);
  if (setting.bounds !== undefined) return requireNumber(argument, value, setting.bounds);
  if (typeof value === 'boolean') return value;
  throw new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed: 'true or false' });
}
