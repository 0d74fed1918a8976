import {
  add,
  applyMask,
  harmonic,
  harmonicGradient,
  harmonicPeriodGradient,
  phasedHarmonic,
  phasedHarmonicGradient,
  phasedHarmonicPeriodGradient,
  phasedHarmonicPhaseGradient,
  relu,
  reluGradient,
  sineRelu,
  sineReluGradient,
  sineReluPeriodGradient,
  snake,
  snakeFrequencyGradient,
  snakeGradient,
} from '@harmonic-mlp/core';
import type { Given } from '../lowering';
import { type ParameterType, perElement, sumsOfColumns } from '../shader';
import { waves } from '../waves';
import { columnSums, elementwise, kernelOf } from './operation-kernel';

/** Of an operation on each value of [batch, units] with vectors [units], such as periods: `unit` is the column of element `i`. */
function perUnit(
  name: string,
  reads: readonly string[],
  value: string,
  attribute?: 'residual' | 'amplitude',
) {
  const own: Record<string, ParameterType> = attribute === undefined ? {} : { [attribute]: 'f32' };
  const shader = perElement({
    ...{ name, reads, writes: ['y'] },
    parameters: { units: 'u32', ...own },
    declarations: waves,
    body: `let unit = i % params.units;\n  y[i] = ${value};`,
  });
  return elementwise<object>(shader, reads, (given) => ({
    units: given.inputs[reads[0]].shape[1],
    ...attributesOf(given, attribute),
  }));
}

/** Of a gradient by a vector [units], the sum over the batch of `term`. */
function overBatch(
  name: string,
  reads: readonly string[],
  { term, result, attribute }: { term: string; result?: string; attribute?: 'amplitude' },
) {
  const shader = sumsOfColumns({
    ...{ name, reads, writes: ['y'], term, declarations: waves },
    ...(result === undefined ? {} : { result }),
    parameters: attribute === undefined ? {} : { [attribute]: 'f32' },
  });
  return columnSums<object>(shader, reads, (given) => attributesOf(given, attribute));
}

const attributesOf = ({ attributes }: Given<object>, attribute: string | undefined) =>
  attribute === undefined ? {} : { [attribute]: (attributes as Record<string, number>)[attribute] };

const omega = '(6.283185307179586f / periods[unit])';
const phased = `(z[i] * ${omega} + phases[unit])`;

/** Activations with numbers of each unit, and what else combines values one by one. */
export const perUnitKernels = [
  kernelOf(
    harmonic,
    perUnit('Harmonic', ['z', 'periods'], `sine(z[i] * ${omega}) + z[i] * params.residual`, 'residual'),
  ),
  kernelOf(
    harmonicGradient,
    perUnit(
      'HarmonicGradient',
      ['dy', 'z', 'periods'],
      `dy[i] * (cosine(z[i] * ${omega}) * ${omega} + params.residual)`,
      'residual',
    ),
  ),
  kernelOf(
    harmonicPeriodGradient,
    overBatch('HarmonicPeriodGradient', ['dy', 'z', 'periods'], {
      term: `dy[i] * (cosine(z[i] * ${omega}) * (z[i] * ${omega}))`,
      result: 'y[unit] = -(total / periods[unit]);',
    }),
  ),
  kernelOf(
    phasedHarmonic,
    perUnit(
      'PhasedHarmonic',
      ['z', 'periods', 'phases'],
      `sine(${phased}) + z[i] * params.residual`,
      'residual',
    ),
  ),
  kernelOf(
    phasedHarmonicGradient,
    perUnit(
      'PhasedHarmonicGradient',
      ['dy', 'z', 'periods', 'phases'],
      `dy[i] * (cosine(${phased}) * ${omega} + params.residual)`,
      'residual',
    ),
  ),
  kernelOf(
    phasedHarmonicPeriodGradient,
    overBatch('PhasedHarmonicPeriodGradient', ['dy', 'z', 'periods', 'phases'], {
      term: `dy[i] * cosine(${phased}) * z[i]`,
      result: `y[unit] = -(total * (${omega} * (${omega} * 0.15915494309189535f)));`,
    }),
  ),
  kernelOf(
    phasedHarmonicPhaseGradient,
    overBatch('PhasedHarmonicPhaseGradient', ['dy', 'z', 'periods', 'phases'], {
      term: `dy[i] * cosine(${phased})`,
    }),
  ),
  kernelOf(
    sineRelu,
    perUnit(
      'SineRelu',
      ['z', 'periods'],
      `select(z[i], 0.0, z[i] <= 0.0) + sine(z[i] * ${omega}) * params.amplitude`,
      'amplitude',
    ),
  ),
  kernelOf(
    sineReluGradient,
    perUnit(
      'SineReluGradient',
      ['dy', 'z', 'periods'],
      `dy[i] * (select(0.0, 1.0, z[i] > 0.0) + (cosine(z[i] * ${omega}) * ${omega}) * params.amplitude)`,
      'amplitude',
    ),
  ),
  kernelOf(
    sineReluPeriodGradient,
    overBatch('SineReluPeriodGradient', ['dy', 'z', 'periods'], {
      term: `dy[i] * ((cosine(z[i] * ${omega}) * (z[i] * ${omega})) * ${omega})`,
      result: 'y[unit] = total * (-params.amplitude * 0.15915494309189535f);',
      attribute: 'amplitude',
    }),
  ),
  kernelOf(
    snake,
    perUnit(
      'Snake',
      ['z', 'frequencies'],
      'z[i] + sine(z[i] * frequencies[unit]) * sine(z[i] * frequencies[unit]) / frequencies[unit]',
    ),
  ),
  kernelOf(
    snakeGradient,
    perUnit(
      'SnakeGradient',
      ['dy', 'z', 'frequencies'],
      'dy[i] * (sine((z[i] * frequencies[unit]) * 2.0) + 1.0)',
    ),
  ),
  kernelOf(
    snakeFrequencyGradient,
    overBatch('SnakeFrequencyGradient', ['dy', 'z', 'frequencies'], {
      term: `dy[i] * (z[i] * sine((z[i] * frequencies[unit]) * 2.0)
        - sine(z[i] * frequencies[unit]) * sine(z[i] * frequencies[unit]) / frequencies[unit])`,
      result: 'y[unit] = total / frequencies[unit];',
    }),
  ),
  kernelOf(relu, elementwise(simple('Relu', ['x'], 'select(x[i], 0.0, x[i] <= 0.0)'), ['x'])),
  kernelOf(
    reluGradient,
    elementwise(simple('ReluGradient', ['dy', 'y'], 'select(0.0, dy[i], y[i] > 0.0)', 'dx'), ['dy', 'y']),
  ),
  kernelOf(add, elementwise(simple('Add', ['a', 'b'], 'a[i] + b[i]'), ['a', 'b'])),
  kernelOf(applyMask, elementwise(simple('ApplyMask', ['x', 'mask'], 'x[i] * mask[i]'), ['x', 'mask'])),
];

function simple(name: string, reads: readonly string[], value: string, written = 'result') {
  return perElement({ name, reads, writes: [written], body: `${written}[i] = ${value};` });
}
