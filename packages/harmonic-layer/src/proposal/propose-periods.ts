import {
  ColumnMoments,
  foldIn,
  HarmonicError,
  type Matrix,
  matrixOf,
  type Numbers,
  type RandomKey,
  randomKey,
  randomPermutation,
  requireEach,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';
import { frequencyScaledWeights, frequencyScales } from '../initializer';
import { harmonicProgression } from '../periods';
import { unexplained } from './ridge';

/** Examples to propose periods for. */
export interface ProposalData {
  /** A row for each example; an array that is not nested is one column. */
  readonly inputs: Numbers;
  /** A row for each example; classes as rows with a 1 for the class. */
  readonly targets: Numbers;
}

/** Options of {@link proposePeriods}. */
export interface ProposalOptions {
  /** The number of units of the layer. Default 64. */
  units?: number;
  /**
   * The wavelength of the finest detail of the targets, in the units of the inputs. Default: it is measured.
   */
  detail?: number;
  /**
   * Whether the layer sees standardized inputs. If it sees them as they are, periods are longer by the root mean square of
   * their deviations. Default true.
   */
  standardize?: boolean;
  /** The seed of the random units that measure. Default 0. */
  seed?: number | RandomKey;
}

/** Periods that suit data, and the scaling of the inputs that goes with them. */
export interface PeriodProposal {
  /** The periods, as a text for the option `periods` of a layer: `harmonic:0.049,0.79`. */
  readonly periods: string;
  /** The wavelength of the finest detail of the targets, in standard deviations of the inputs. */
  readonly detail: number;
  /**
   * The fraction of the variance of the targets that untrained units with these periods do not explain, as measured; undefined
   * if the detail was given. Near 1, there is nothing to learn from the inputs, or not with periods.
   */
  readonly unexplained?: number;
  /** The mean of each input, [inputs]. */
  readonly mean: Float32Array;
  /** The standard deviation of each input, [inputs]; 1 for one that does not vary. */
  readonly deviation: Float32Array;
}

/** The longest wavelength, in standard deviations: twice the range of evenly spread inputs, and a little more. */
const longest = 8;
/** Shorter ones give periods that no layer takes. */
const detailBounds = { min: 1e-20, max: 1e30 };
/** The most halvings of the longest wavelength to try. */
const mostHalvings = 10;
/** The number of random layers whose median counts. */
const draws = 3;
/** The most examples to measure on. */
const mostExamples = 1024;
/** The most units of a random layer, as few as is enough for the data that a small network can learn. */
const mostUnits = 64;
/** Of two wavelengths whose results are this close, the longer one is proposed. */
const near = 1.05;
/** The residual connection of the random layers, that of a harmonic layer. */
const residual = 0.1;

/**
 * Proposes periods for the harmonic units that see the data, from the range of the inputs and the finest detail of the targets.
 *
 * The units of a layer with the frequency-scaled initializer start with frequencies of about `s/(√3·p)` per unit of the input,
 * where s is the initializer's scale. The proposal is the harmonic progression with which these range from one wave in eight
 * standard deviations of the inputs, which is about half a wave over their range, to one in each detail.
 *
 * Unless it is given, the detail is measured: for eight standard deviations and their halves, quarters, and so on, a linear
 * regression on three layers of random units with the periods for that detail shows how much of the targets they explain of
 * examples that they were not fitted to (generalized cross-validation). That takes a fraction of a second, on the CPU, with at
 * most 1,024 examples.
 *
 * The periods are for standardized inputs, `(x − mean)/deviation`, unless the options say otherwise.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown; `INVALID_SHAPE` for inputs and
 *   targets of different length; `INVALID_DATA` for a value that is not finite.
 * @example
 * ```ts
 * const x = Array.from({ length: 200 }, (_, i) => i / 100 - 1);
 * const y = x.map((each) => Math.sin(25 * each) + each / 2);
 * const { periods, mean, deviation } = await proposePeriods({ inputs: x, targets: y });
 * const layer = makeLayer({ inputSize: 1, units: 64, activation: 'harmonic', periods, isFirst: true });
 * const waves = layer.apply(tf.div(tf.sub(tf.tensor2d(x, [200, 1]), mean), deviation));
 * ```
 */
export async function proposePeriods(data: ProposalData, options?: ProposalOptions): Promise<PeriodProposal> {
  const example = 'proposePeriods({ inputs, targets }, { units: 64 })';
  const {
    units = mostUnits,
    detail,
    standardize = true,
    seed = 0,
  } = requireOptions('options', options, example, {
    units: true,
    detail: true,
    standardize: true,
    seed: true,
  });
  requireNumber('units', units, { integer: true, min: 1 });
  if (detail !== undefined) requireNumber('detail', detail, detailBounds);
  if (typeof standardize !== 'boolean') {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'standardize',
      value: standardize,
      allowed: 'true or false',
    });
  }
  const key = randomKey(seed);
  const { inputs, targets } = requireOptions('data', data, example, { inputs: true, targets: true });
  const x = await finiteMatrix('inputs', inputs, 'feature');
  const y = await finiteMatrix('targets', targets, 'target');
  requireSameLength(targets, x, y);

  const { means, deviations } = momentsOf(x);
  const scaling = {
    mean: Float32Array.from(means),
    deviation: Float32Array.from(deviations, (each) => each || 1),
  };
  const size = standardize ? 1 : rootMeanSquare(deviations) || 1;
  const propose = (detail: number) => ({ periods: textOf(units, detail, size), detail, ...scaling });
  if (detail !== undefined) {
    const relative = Array.from(deviations, (each) => detail / each);
    return propose(Math.min(longest, ...relative));
  }
  const measured = measure(sample(x, y, foldIn(key, 'examples')), foldIn(key, 'units'));
  return { ...propose(measured.detail), unexplained: measured.unexplained };
}

async function finiteMatrix(argument: string, given: Numbers, what: string): Promise<Matrix> {
  const matrix = await matrixOf(argument, given);
  requireEach(argument, matrix, what);
  return matrix;
}

function requireSameLength(targets: Numbers, { rows: examples }: Matrix, { rows: count }: Matrix): void {
  if (examples === count && count > 0) return;
  throw new HarmonicError('INVALID_SHAPE', {
    argument: 'targets',
    value: targets,
    allowed: `of length ${Math.max(1, examples)}, one for each example`,
    problem: `There are ${examples} inputs, but ${count} targets.`,
    fix: 'Pass one for each example, and at least one.',
  });
}

function momentsOf({ values, width }: Pick<Matrix, 'values' | 'width'>): ColumnMoments {
  const moments = new ColumnMoments(width);
  moments.add(values);
  return moments;
}

/** Standardized inputs, and targets with mean 0 and deviation 1. */
interface Sample {
  readonly examples: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Some rows of the data, in a random order. */
function sample(x: Matrix, y: Matrix, key: RandomKey): Sample {
  const examples = Math.min(x.rows, mostExamples);
  const rows = randomPermutation(key, x.rows).subarray(0, examples);
  const standardized = ({ values, width }: Matrix) => {
    const chosen = new Float32Array(examples * width);
    for (const [i, row] of rows.entries())
      chosen.set(values.subarray(row * width, (row + 1) * width), i * width);
    const { means, deviations } = momentsOf({ values: chosen, width });
    return Float64Array.from(chosen, (value, i) => (value - means[i % width]) / (deviations[i % width] || 1));
  };
  return { examples, x: standardized(x), y: standardized(y) };
}

/** The wavelength whose random units explain the most. */
function measure(data: Sample, key: RandomKey): { detail: number; unexplained: number } {
  const { examples } = data;
  const units = Math.min(mostUnits, Math.max(1, Math.floor(examples / 2)));
  const projections = Array.from({ length: draws }, (_, draw) => project(data, units, foldIn(key, draw)));
  // Of two waves between neighboring examples, one cannot be told from the other.
  const halvings = Math.min(mostHalvings, Math.ceil(Math.log2(examples)) + 1);
  const candidates = Array.from({ length: halvings + 1 }, (_, i) => {
    const detail = longest / 2 ** i;
    const scores = projections.map((each) => unexplained(featuresOf(each, units, detail), data.y, examples));
    return { detail, unexplained: scores.sort((a, b) => a - b)[Math.floor(draws / 2)] };
  });
  const least = Math.min(...candidates.map((each) => each.unexplained));
  return candidates.find((each) => each.unexplained <= near * least)!;
}

/** The pre-activations of an untrained layer whose units have equal periods, [examples, units]. */
function project({ x, examples }: Sample, units: number, key: RandomKey): Float64Array {
  const inputs = x.length / examples;
  const { kernel, bias } = frequencyScaledWeights(inputs, new Float32Array(units).fill(1), key);
  const z = new Float64Array(examples * units);
  for (let row = 0; row < examples; row++) {
    const own = z.subarray(row * units, (row + 1) * units);
    own.set(bias);
    for (let i = 0; i < inputs; i++) {
      const value = x[row * inputs + i];
      for (let unit = 0; unit < units; unit++) own[unit] += value * kernel[i * units + unit];
    }
  }
  return z;
}

/**
 * The outputs of an untrained layer with the periods for a detail, and a constant: [examples, units + 1]. Its pre-activations are
 * those of equal periods times the initializer's scale for each unit.
 */
function featuresOf(z: Float64Array, units: number, detail: number): Float64Array {
  const periods = harmonicProgression.periodsOf(units, endsOf(units, detail), [0, 0]);
  const scales = frequencyScales(periods);
  const examples = z.length / units;
  const features = new Float64Array(examples * (units + 1)).fill(1);
  for (let row = 0; row < examples; row++) {
    for (let unit = 0; unit < units; unit++) {
      const argument = scales[unit] * z[row * units + unit];
      features[row * (units + 1) + unit] =
        Math.sin((2 * Math.PI * argument) / periods[unit]) + residual * argument;
    }
  }
  return features;
}

/**
 * The first and last period with which the initial frequencies `s[i]/(√3·p[i])` range from 1/detail to 1/longest. Since
 * `s[i] = p[i]^(−1/2)/mean(p^(−1/2))`, they are proportional to `p^(−3/2)`.
 */
function endsOf(units: number, detail: number): { first: number; last: number } {
  const shape = { first: detail ** (2 / 3), last: longest ** (2 / 3) };
  // Scales stay the same when all periods grow by a factor.
  const [scale] = frequencyScales(harmonicProgression.periodsOf(units, shape, [0, 0]));
  const factor = (scale * detail) / (Math.sqrt(3) * shape.first);
  return { first: factor * shape.first, last: factor * shape.last };
}

/** @param size the deviation of the inputs that the layer sees. */
function textOf(units: number, detail: number, size: number): string {
  const { first, last } = endsOf(units, detail);
  return `${harmonicProgression.name}:${shown(size * first)},${shown(size * last)}`;
}

const rootMeanSquare = (values: Float64Array): number =>
  Math.sqrt(values.reduce((total, value) => total + value ** 2, 0) / values.length);

const shown = (period: number): number => Number(period.toPrecision(3));
