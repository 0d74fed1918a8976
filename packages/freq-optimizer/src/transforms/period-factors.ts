import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import {
  add,
  div,
  keep,
  mul,
  sub,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';

/** Weights of units with periods, such as a `HarmonicLayer`. */
export interface HarmonicUnits {
  /** Shape […, units]. */
  readonly kernel: Variable;
  /** Shape [units]. */
  readonly bias?: Variable | undefined;
  /** The period of each unit; 0 for one that has none, which is not scaled. */
  readonly periods: ArrayLike<number>;
  /** Computes the current periods, [units], a new tensor; for units whose periods are trained. */
  readonly currentPeriods?: (() => Tensor1D) | undefined;
}

/**
 * Returns the periods of a variable's units, which are its last axis, or undefined if it has none: the same array every time it
 * is called for the same variable or, for periods that are trained, a function that computes the current ones, a new tensor.
 */
export type PeriodsOf = (variable: Variable) => ArrayLike<number> | (() => Tensor1D) | undefined;

/** Returns the factors, [units], of a variable's units, which are its last axis; undefined if it is not scaled. */
export type ScaleOf = (variable: Variable) => Tensor1D | undefined;

/** `s = 1/(1 + f·p)` for the units of variables. The tensors are created once, except for periods that are trained. */
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
    if (typeof periods === 'function')
      return tidy<Tensor1D>(() => div(1, add(mul(periods(), this.#freqScaleFactor), 1)));
    let factors = this.#factors.get(periods);
    if (factors === undefined) {
      requireFit(variable, periods);
      factors = keep(tensor1d(Array.from(periods, (period) => 1 / (1 + this.#freqScaleFactor * period))));
      this.#factors.set(periods, factors);
    }
    return factors;
  };

  /** Disposes of the tensors; they are recreated when needed. */
  dispose(): void {
    for (const factors of this.#factors.values()) factors.dispose();
    this.#factors.clear();
  }
}

/** Takes only the fraction s of a step: `from + s·(to − from)`. */
export const keepFraction = (from: Tensor, to: Tensor, factors: Tensor1D): Tensor =>
  add(from, mul(sub(to, from), factors));

/** The units as a list. */
function requireUnits(units: Iterable<HarmonicUnits>): HarmonicUnits[] {
  if (typeof (units as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function') {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'units',
      value: units,
      allowed:
        "a list of harmonic layers, such as model.harmonicLayers, or a function that returns a variable's periods",
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
        'an object with a kernel (a tf.Variable) and the periods of its units, such as a HarmonicLayer',
    });
  }
  return layers;
}

/** Looks up periods by the names of the variables; the units are checked and copied. */
function periodsByName(units: Iterable<HarmonicUnits>): PeriodsOf {
  const byName = new Map<string, number[] | (() => Tensor1D)>();
  for (const { kernel, bias, periods, currentPeriods } of units) {
    const copy = Array.from(periods);
    for (const variable of bias === undefined ? [kernel] : [kernel, bias]) {
      requireFit(variable, copy);
      byName.set(variable.name, currentPeriods ?? copy);
    }
  }
  return ({ name }) => byName.get(name);
}

function requireFit({ name, shape }: Variable, periods: ArrayLike<number>): void {
  for (const [i, period] of Array.from(periods).entries()) requireNumber(`periods[${i}]`, period, { min: 0 });
  if (shape.at(-1) === periods.length) return;
  throw new HarmonicError('INVALID_SHAPE', {
    argument: 'periods',
    value: periods,
    allowed: `of length ${shape.at(-1) ?? 0}, one period for each unit of the variable "${name}"`,
    problem: `The variable "${name}" has shape [${shape}], but there are ${periods.length} periods. Its last axis must be the units.`,
  });
}
