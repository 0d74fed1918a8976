import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import {
  add,
  keep,
  mul,
  sub,
  type Tensor,
  type Tensor1D,
  tensor1d,
  type Variable,
} from '@tensorflow/tfjs-core';

/** Weights whose last axis are units with a period each; a `HarmonicLayer` is one by its shape. */
export interface HarmonicUnits {
  /** […, units]. */
  readonly kernel: Variable;
  /** [units]. */
  readonly bias?: Variable | undefined;
  /** The period of each unit. */
  readonly periods: ArrayLike<number>;
}

/**
 * The periods of a variable's units, its last axis, or undefined where it has none. They are the same array whenever it
 * is asked for the same variable.
 */
export type PeriodsOf = (variable: Variable) => ArrayLike<number> | undefined;

/** What a variable's gradient or update is to be multiplied by, [units], its last axis; undefined for nothing. */
export type ScaleOf = (variable: Variable) => Tensor1D | undefined;

/** `s = 1/(1 + f·p)` for the units of variables, as tensors that are made once. */
export class PeriodFactors {
  readonly #periodsOf: PeriodsOf;
  readonly #freqScaleFactor: number;
  readonly #factors = new Map<ArrayLike<number>, Tensor1D>();

  constructor(units: Iterable<HarmonicUnits> | PeriodsOf, freqScaleFactor: number) {
    this.#freqScaleFactor = freqScaleFactor;
    this.#periodsOf = typeof units === 'function' ? units : periodsByName(requireUnits(units));
  }

  /** The factors of a variable's units. */
  readonly of: ScaleOf = (variable) => {
    const periods = this.#periodsOf(variable);
    if (periods === undefined) return undefined;
    let factors = this.#factors.get(periods);
    if (factors === undefined) {
      requireFit(variable, periods);
      factors = keep(tensor1d(Array.from(periods, (period) => 1 / (1 + this.#freqScaleFactor * period))));
      this.#factors.set(periods, factors);
    }
    return factors;
  };

  /** Frees the tensors; they are made again where they are asked for. */
  dispose(): void {
    for (const factors of this.#factors.values()) factors.dispose();
    this.#factors.clear();
  }
}

/** Of a step from an old value to a new one, the fraction s of each unit: `old + s·(new − old)`. */
export const keepFraction = (from: Tensor, to: Tensor, factors: Tensor1D): Tensor =>
  add(from, mul(sub(to, from), factors));

/** The units as a list. */
function requireUnits(units: Iterable<HarmonicUnits>): HarmonicUnits[] {
  if (typeof (units as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function') {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'units',
      value: units,
      allowed:
        "a list of harmonic layers, such as model.harmonicLayers, or a function that gives a variable's periods",
    });
  }
  const layers = [...units];
  for (const [i, layer] of layers.entries()) {
    const { kernel, periods } = (layer ?? {}) as Partial<HarmonicUnits>;
    if (Array.isArray(kernel?.shape) && typeof periods?.length === 'number') continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: `units[${i}]`,
      value: layer,
      allowed:
        'an object with a kernel, which is a tf.Variable, and the periods of its units, as a HarmonicLayer is',
    });
  }
  return layers;
}

/** Looks periods up by the variables' names; the units are checked, and copied. */
function periodsByName(units: Iterable<HarmonicUnits>): PeriodsOf {
  const byName = new Map<string, number[]>();
  for (const { kernel, bias, periods } of units) {
    const copy = Array.from(periods);
    for (const variable of bias === undefined ? [kernel] : [kernel, bias]) {
      requireFit(variable, copy);
      byName.set(variable.name, copy);
    }
  }
  return ({ name }) => byName.get(name);
}

function requireFit({ name, shape }: Variable, periods: ArrayLike<number>): void {
  for (const [i, period] of Array.from(periods).entries())
    requireNumber(`periods[${i}]`, period, { above: 0 });
  if (shape.at(-1) === periods.length) return;
  throw new HarmonicError('INVALID_SHAPE', {
    argument: 'periods',
    value: periods,
    allowed: `as many as the units of the variable, ${shape.at(-1) ?? 'of which a scalar has none'}`,
    problem: `The variable "${name}" has shape [${shape}], but there are ${periods.length} periods: its last axis must be the units.`,
  });
}
