import {
  type Bounds,
  HarmonicError,
  requireKnown,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import { addDecayedWeights, type FreqScale, type Transform } from '../transforms';

/** Settings of the optimizers in the table; each takes those in its definition. */
export interface OptimizerSettings {
  /** At least 0. Default 1e-3 for Adam and AdamW, 0.1 for SGD, 0.01 for momentum. */
  learningRate?: number;
  /** λ, at least 0; decoupled for AdamW, coupled for the others. Default 0, or 0.01 for AdamW. */
  weightDecay?: number;
  /** Limit for the magnitude of each element of a gradient, greater than 0. Default: none. */
  clipValue?: number;
  /** Limit for the norm of all gradients together, greater than 0. Default: none. */
  clipNorm?: number;
  /** f in `s = 1/(1 + f·p)`, at least 0. Default 0.1. */
  freqScaleFactor?: number;
  /** What is multiplied by s: the `gradient` (default, as published) or the `update`. */
  freqScale?: FreqScale;
  /** The decay of Adam's first moment, in [0, 1). Default 0.9. */
  beta1?: number;
  /** The decay of Adam's second moment, in [0, 1). Default 0.999. */
  beta2?: number;
  /** Added to the root of Adam's second moment. Default 1e-8; 1e-4 on backends with 16-bit floats. */
  epsilon?: number;
  /** μ, in [0, 1). Default 0.9. */
  momentum?: number;
  /** Whether to use Nesterov's form of momentum. Default false. */
  nesterov?: boolean;
}

/** Checked settings, with defaults filled in where there are any. */
export type CheckedSettings = Required<Omit<OptimizerSettings, 'clipValue' | 'clipNorm' | 'epsilon'>> &
  Pick<OptimizerSettings, 'clipValue' | 'clipNorm' | 'epsilon'>;

/** A setting: a number within bounds, one of several words, or a boolean. */
export interface OptimizerSetting {
  /** Undefined for a setting without a default. */
  readonly default: number | string | boolean | undefined;
  /** The bounds of a number. */
  readonly bounds?: Bounds;
  /** The allowed words. */
  readonly choices?: readonly string[];
  /** One sentence, for help texts. */
  readonly summary: string;
}

/** A kind of optimizer. */
export interface OptimizerDefinition {
  /** The name by which it is made. */
  readonly name: string;
  /** Its display name, such as "Adam". */
  readonly title: string;
  /** One sentence, for help texts. */
  readonly summary: string;
  /** The settings that it takes. */
  readonly settings: { readonly [K in keyof OptimizerSettings]: OptimizerSetting };
  /** The transforms that turn the gradients, already clipped and scaled, into updates. */
  make(settings: CheckedSettings): Transform[];
}

/** Coupled weight decay. */
export const weightDecay = {
  default: 0,
  bounds: { min: 0 },
  summary: 'Weight decay (L2), added to the gradients.',
} satisfies OptimizerSetting;

export const clipValue = {
  default: undefined,
  bounds: { above: 0 },
  summary: 'Clips each element of the gradients.',
} satisfies OptimizerSetting;

export const clipNorm = {
  default: undefined,
  bounds: { above: 0 },
  summary: 'Clips the norm of all gradients together.',
} satisfies OptimizerSetting;

export const freqScaleFactor = {
  default: 0.1,
  bounds: { min: 0 },
  summary: 'Factor f in the scale 1/(1 + f·p) of a unit with period p.',
} satisfies OptimizerSetting;

export const freqScale = {
  default: 'gradient',
  choices: ['gradient', 'update'],
  summary: 'What is scaled by period: gradients or updates.',
} satisfies OptimizerSetting;

/** Weight decay, unless it is 0. */
export const decay = (weightDecay: number): Transform[] =>
  weightDecay === 0 ? [] : [addDecayedWeights(weightDecay)];

/**
 * Checks settings and fills in the defaults.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds or with an unknown name.
 */
export function requireSettings(
  { name, settings }: OptimizerDefinition,
  given: OptimizerSettings | undefined,
): CheckedSettings {
  const values = requireOptions<object>(
    'settings',
    given,
    `makeOptimizer('${name}', { learningRate: 1e-3 })`,
  );
  requireKnown(values, Object.keys(settings), `The optimizer "${name}"`);
  const checked = Object.entries(settings).map(([setting, definition]) => [
    setting,
    requireSetting(setting, (values as Record<string, unknown>)[setting], definition),
  ]);
  return Object.fromEntries(checked.filter(([, value]) => value !== undefined));
}

function requireSetting(argument: string, given: unknown, setting: OptimizerSetting): unknown {
  // In JSON, undefined becomes null.
  const value = given === undefined ? setting.default : given;
  if (value == null && setting.default === undefined) return undefined;
  if (setting.choices !== undefined) return requireOneOf(argument, value, setting.choices);
  if (setting.bounds !== undefined) return requireNumber(argument, value, setting.bounds);
  if (typeof value === 'boolean') return value;
  throw new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed: 'true or false' });
}
