import {
  cosine,
  type ElementwiseOperation,
  exponential,
  finer,
  gauss,
  gelu,
  hosc,
  hyperbolicSine,
  leakyRelu,
  sigmoid,
  silu,
  sinc,
  sine,
  tanh,
  wire,
} from '@harmonic-mlp/core';
import type { Given } from '../lowering';
import { type ParameterType, perElement } from '../shader';
import { waves } from '../waves';
import { elementwise, kernelOf, type OperationKernel } from './operation-kernel';

/** The hyperbolic tangent, the logistic function, and the error function, where the devices' own overflow or are missing. */
const curves = `
fn tangent(x: f32) -> f32 {
  let small = abs(x) < 0.35f;
  let q = x * x;
  // The series near zero, where the quotient would cancel.
  let series = x * (1.0 + q * (-0.33333334f + q * (0.13333334f + q * (-0.053968254f + q * (0.021869488f - q * 0.0088632355f)))));
  let e = exp(-2.0 * abs(x));
  return select(sign(x) * ((1.0 - e) / (1.0 + e)), series, small);
}
fn logistic(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}`;

/**
 * The distribution function of the standard normal distribution, by the erfc of Cody's kind: near zero the series of the error function,
 * elsewhere the rational Chebyshev form of Numerical Recipes' erfcc, whose relative error is below 1.2e-7.
 */
const normal = `
fn normal(z: f32) -> f32 {
  let x = z * 0.70710678118654752f;
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.5 * a);
  let tail = t * exp(-a * a - 1.26551223f + t * (1.00002368f + t * (0.37409196f + t * (0.09678418f + t * (-0.18628806f
    + t * (0.27886807f + t * (-1.13520398f + t * (1.48851587f + t * (-0.82215223f + t * 0.17087277f)))))))));
  let q = x * x;
  let series = 1.1283791670955126f * x * (1.0 + q * (-0.33333334f + q * (0.1f + q * (-0.023809524f + q * (0.0046296297f
    + q * (-7.5757576e-4f + q * 1.0683761e-4f))))));
  let far = select(0.5 * tail, 1.0 - 0.5 * tail, z >= 0.0);
  return select(far, 0.5 + 0.5 * series, a < 0.5f);
}`;

/** The kernels of an operation on each value and of its gradient, by what they compute of `x`, in WGSL. */
function kernelsOf<A extends object>(
  operation: ElementwiseOperation<A>,
  attributes: readonly (keyof A & string)[],
  { value, slope, declarations }: { value: string; slope: string; declarations?: string },
): OperationKernel[] {
  const types: Record<string, ParameterType> = Object.fromEntries(attributes.map((name) => [name, 'f32']));
  const name = operation.kernelName;
  const common = { parameters: types, declarations, writes: ['y'] };
  const shader = perElement({ ...common, name, reads: ['z'], body: `let x = z[i];\n  y[i] = ${value};` });
  const gradient = perElement({
    ...common,
    name: `${name}Gradient`,
    reads: ['dy', 'z'],
    body: `let x = z[i];\n  y[i] = dy[i] * (${slope});`,
  });
  const parameters = ({ attributes: given }: Given<A>) => given as { readonly [name: string]: number };
  return [
    kernelOf(operation, elementwise(shader, ['z'], parameters)),
    kernelOf(operation.gradientOperation, elementwise(gradient, ['dy', 'z'], parameters)),
  ];
}

/** The activations that map each value by itself. */
export const elementwiseKernels = [
  ...kernelsOf(sine, ['omega'], {
    value: 'sine(x * params.omega)',
    slope: 'cosine(x * params.omega) * params.omega',
    declarations: waves,
  }),
  ...kernelsOf(cosine, ['omega'], {
    value: 'cosine(x * params.omega)',
    slope: '-(sine(x * params.omega) * params.omega)',
    declarations: waves,
  }),
  ...kernelsOf(finer, ['omega'], {
    value: 'sine(((abs(x) + 1.0) * params.omega) * x)',
    slope: '((abs(x) + 1.0) * params.omega) * cosine(((abs(x) + 1.0) * params.omega) * x)',
    declarations: waves,
  }),
  ...kernelsOf(gauss, ['scale'], {
    value: 'exp(-(x * params.scale) * (x * params.scale))',
    slope: '(x * (-2.0 * params.scale * params.scale)) * exp(-(x * params.scale) * (x * params.scale))',
  }),
  ...kernelsOf(wire, ['omega', 'scale'], {
    value: 'cosine(x * params.omega) * exp(-(x * params.scale) * (x * params.scale))',
    slope:
      '-(sine(x * params.omega) * params.omega + x * (2.0 * params.scale * params.scale) * cosine(x * params.omega)) * exp(-(x * params.scale) * (x * params.scale))',
    declarations: waves,
  }),
  ...kernelsOf(hosc, ['sharpness', 'omega'], {
    value: 'tangent(sine(x * params.omega) * params.sharpness)',
    slope: 'hoscSlope(x)',
    declarations: `${waves}${curves}
fn hoscSlope(x: f32) -> f32 {
  let y = tangent(sine(x * params.omega) * params.sharpness);
  return cosine(x * params.omega) * (params.sharpness * params.omega) * (1.0 - y * y);
}`,
  }),
  ...kernelsOf(sinc, ['omega'], {
    value: 'sincOf(x * params.omega)',
    slope: 'sincSlope(x * params.omega) * params.omega',
    declarations: `${waves}
fn sincOf(u: f32) -> f32 {
  let q = u * u;
  if (abs(u) < 0.5f) { return 1.0 + q * (-0.16666667f + q * (0.008333334f - q * 1.9841270e-4f)); }
  return sine(u) / u;
}
fn sincSlope(u: f32) -> f32 {
  let q = u * u;
  if (abs(u) < 0.5f) { return u * (-0.33333334f + q * (0.033333335f + q * (-0.0011904762f + q * 2.2045855e-5f))); }
  return (cosine(u) - sine(u) / u) / u;
}`,
  }),
  ...kernelsOf(hyperbolicSine, [], {
    value: 'sine(sinhOf(2.0 * x))',
    slope: '(exp(2.0 * x) + exp(-2.0 * x)) * cosine(sinhOf(2.0 * x))',
    declarations: `${waves}
fn sinhOf(x: f32) -> f32 {
  let q = x * x;
  // The series near zero, where the difference would cancel.
  if (abs(x) < 1.0) { return x * (1.0 + q * (0.16666667f + q * (0.008333334f + q * (1.9841270e-4f + q * 2.7557319e-6f)))); }
  return 0.5 * (exp(x) - exp(-x));
}`,
  }),
  ...kernelsOf(leakyRelu, ['slope'], {
    value: 'select(x, x * params.slope, x < 0.0)',
    slope: 'select(params.slope, 1.0, x >= 0.0)',
  }),
  ...kernelsOf(gelu, [], {
    value: 'x * normal(x)',
    slope: 'normal(x) + x * exp(-0.5 * x * x) * 0.3989422804014327f',
    declarations: normal,
  }),
  ...kernelsOf(silu, [], {
    value: 'x * logistic(x)',
    slope: 'logistic(x) * (x * (1.0 - logistic(x)) + 1.0)',
    declarations: curves,
  }),
  ...kernelsOf(tanh, [], {
    value: 'tangent(x)',
    slope: '1.0 - tangent(x) * tangent(x)',
    declarations: curves,
  }),
  ...kernelsOf(sigmoid, [], {
    value: 'logistic(x)',
    slope: 'logistic(x) * (1.0 - logistic(x))',
    declarations: curves,
  }),
  ...kernelsOf(exponential, [], { value: 'exp(x)', slope: 'exp(x)' }),
];
