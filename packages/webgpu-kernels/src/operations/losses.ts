import {
  absoluteError,
  binaryCrossEntropy,
  countCorrect,
  distributionCrossEntropy,
  huberError,
  lossGradient,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  squaredError,
} from '@harmonic-mlp/core';
import { float, type Given, input, type Lowering, output, sizeOf } from '../lowering';
import { defineShader, groupsFor, perElement, type Shader, sumOverGroup } from '../shader';
import { elementwise, kernelOf } from './operation-kernel';

/** Sums over all examples by one workgroup, since there are few numbers to each. */
const oneGroup = [1, 1] as const;

/** The largest output of a row, and the sum of the exponentials of what the others are below it. */
export const softmaxOfRow = (outputs: string) => `
    let start = row * params.classes;
    var most = ${outputs}[start];
    for (var k = 1u; k < params.classes; k++) { most = max(most, ${outputs}[start + k]); }
    var total = 0.0;
    for (var k = 0u; k < params.classes; k++) {
      let below = ${outputs}[start + k] - most;
      // Devices' exponentials need not pass NaN on.
      total += select(exp(below), below, isNan(below));
    }`;

/** By the bits, since compilers may take it that no number is NaN. */
export const isNan = `
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`;

const crossEntropyShader = /* @__PURE__ */ defineShader({
  name: 'SoftmaxCrossEntropy',
  reads: ['logits', 'labels: i32'],
  writes: ['loss', 'probabilities'],
  // WGSL has no constant for infinity.
  parameters: { batch: 'u32', classes: 'u32', infinity: 'f32' },
  declarations: `${sumOverGroup}${isNan}`,
  body: `
  var sum = 0.0;
  for (var row = local.x; row < params.batch; row += 256u) {${softmaxOfRow('logits')}
    for (var k = 0u; k < params.classes; k++) {
      probabilities[start + k] = exp(logits[start + k] - most) / total;
    }
    let label = labels[row];
    // A label that is not a class number has the largest loss.
    if (label < 0 || label >= i32(params.classes)) { sum += params.infinity; }
    else { sum += select(log(total), total, isNan(total)) - (logits[start + u32(label)] - most); }
  }
  let all = sumOverGroup(sum, local.x);
  if (local.x == 0u) { loss[0] = all / f32(params.batch); }`,
});

const crossEntropyGradientShader = /* @__PURE__ */ perElement({
  name: 'SoftmaxCrossEntropyGradient',
  reads: ['dy', 'probabilities', 'labels: i32'],
  writes: ['y'],
  parameters: { batch: 'u32', classes: 'u32' },
  body: `let isLabel = i32(i % params.classes) == labels[i / params.classes];
  y[i] = (probabilities[i] - select(0.0, 1.0, isLabel)) * (dy[0] / f32(params.batch));`,
});

const countCorrectShader = /* @__PURE__ */ defineShader({
  name: 'CountCorrect',
  reads: ['logits', 'labels: i32'],
  writes: ['y'],
  parameters: { batch: 'u32', classes: 'u32' },
  declarations: sumOverGroup,
  body: `
  var count = 0.0;
  for (var row = local.x; row < params.batch; row += 256u) {
    let start = row * params.classes;
    var best = 0u;
    for (var k = 1u; k < params.classes; k++) {
      if (logits[start + k] > logits[start + best]) { best = k; }
    }
    if (i32(best) == labels[row]) { count += 1.0; }
  }
  let all = sumOverGroup(count, local.x);
  if (local.x == 0u) { y[0] = all; }`,
});

/** A loss of each output, and its slope; \`d\` is the difference from the target. */
function lossShader(
  name: string,
  hasWeights: boolean,
  loss: string,
  derivative: string,
  attribute?: string,
): Shader {
  return defineShader({
    name,
    reads: ['outputs', 'targets', ...(hasWeights ? ['weights'] : [])],
    writes: ['loss', 'slope'],
    parameters: { count: 'u32', width: 'u32', ...(attribute === undefined ? {} : { [attribute]: 'f32' }) },
    declarations: sumOverGroup,
    body: `
  let share = 1.0 / f32(params.count);
  var sum = 0.0;
  for (var i = local.x; i < params.count; i += 256u) {
    let z = outputs[i];
    let t = targets[i];
    let d = z - t;
    let factor = ${hasWeights ? 'weights[i / params.width] * share' : 'share'};
    sum += (${loss}) * factor;
    slope[i] = (${derivative}) * factor;
  }
  let all = sumOverGroup(sum, local.x);
  if (local.x == 0u) { loss[0] = all; }`,
  });
}

/** The kernel of a loss, whose two shaders differ in whether examples have weights. */
function lossLowering<A extends object>(make: (hasWeights: boolean) => Shader, width = 'width'): Lowering<A> {
  const shaders = [false, true].map(make);
  return ({ inputs, attributes }) => {
    const hasWeights = inputs.weights !== undefined;
    const { shape } = inputs.outputs;
    return {
      outputs: [float([]), float(shape)],
      dispatches: [
        {
          shader: shaders[Number(hasWeights)],
          buffers: [
            ...['outputs', 'targets', ...(hasWeights ? ['weights'] : [])].map(input),
            output(0),
            output(1),
          ],
          parameters: { count: sizeOf(inputs.outputs), [width]: shape[1], batch: shape[0], ...attributes },
          groups: oneGroup,
        },
      ],
    };
  };
}

const distributionShader = (hasWeights: boolean): Shader =>
  defineShader({
    name: 'DistributionCrossEntropy',
    reads: ['outputs', 'targets', ...(hasWeights ? ['weights'] : [])],
    writes: ['loss', 'slope'],
    parameters: { batch: 'u32', classes: 'u32' },
    declarations: `${sumOverGroup}${isNan}`,
    body: `
  let share = 1.0 / f32(params.batch);
  var sum = 0.0;
  for (var row = local.x; row < params.batch; row += 256u) {${softmaxOfRow('outputs')}
    let factor = ${hasWeights ? 'weights[row] * share' : 'share'};
    let logarithm = log(total);
    for (var k = 0u; k < params.classes; k++) {
      let below = outputs[start + k] - most;
      sum += (logarithm - below) * targets[start + k] * factor;
      slope[start + k] = (exp(below) / total - targets[start + k]) * factor;
    }
  }
  let all = sumOverGroup(sum, local.x);
  if (local.x == 0u) { loss[0] = all; }`,
  });

const lossGradientShader = /* @__PURE__ */ perElement({
  name: 'LossGradient',
  reads: ['slope', 'dy'],
  writes: ['y'],
  body: 'y[i] = slope[i] * dy[0];',
});

/** Losses, their gradients, and the count of right answers. */
export const lossKernels = [
  kernelOf(softmaxCrossEntropy, ({ inputs }: Given<object>) => {
    const [batch, classes] = inputs.logits.shape;
    return {
      outputs: [float([]), float([batch, classes])],
      dispatches: [
        {
          shader: crossEntropyShader,
          buffers: [input('logits'), input('labels'), output(0), output(1)],
          parameters: { batch, classes, infinity: Number.POSITIVE_INFINITY },
          groups: oneGroup,
        },
      ],
    };
  }),
  kernelOf(softmaxCrossEntropyGradient, (given: Given<object>) => {
    const { shape } = given.inputs.probabilities;
    const count = sizeOf(given.inputs.probabilities);
    return {
      outputs: [float(shape)],
      dispatches: [
        {
          shader: crossEntropyGradientShader,
          buffers: [...['dy', 'probabilities', 'labels'].map(input), output(0)],
          parameters: { count, batch: shape[0], classes: shape[1] },
          groups: groupsFor(count),
        },
      ],
    };
  }),
  kernelOf(countCorrect, ({ inputs }: Given<object>) => {
    const [batch, classes] = inputs.logits.shape;
    return {
      outputs: [float([])],
      dispatches: [
        {
          shader: countCorrectShader,
          buffers: [input('logits'), input('labels'), output(0)],
          parameters: { batch, classes },
          groups: oneGroup,
        },
      ],
    };
  }),
  kernelOf(
    squaredError,
    lossLowering((w) => lossShader('SquaredError', w, 'd * d', '2.0 * d')),
  ),
  kernelOf(
    absoluteError,
    lossLowering((w) => lossShader('AbsoluteError', w, 'abs(d)', 'sign(d)')),
  ),
  kernelOf(
    huberError,
    lossLowering((w) =>
      lossShader(
        'HuberError',
        w,
        'clamp(d, -params.delta, params.delta) * (d - clamp(d, -params.delta, params.delta) * 0.5)',
        'clamp(d, -params.delta, params.delta)',
        'delta',
      ),
    ),
  ),
  kernelOf(
    binaryCrossEntropy,
    lossLowering((w) =>
      lossShader(
        'BinaryCrossEntropy',
        w,
        // log(1 + e) by its series where e is small, for 1 + e would round.
        'select(z, 0.0, z <= 0.0) - z * t + select(log(1.0 + exp(-abs(z))), exp(-abs(z)) * (1.0 - 0.5 * exp(-abs(z))), exp(-abs(z)) < 1e-3f)',
        'select(exp(-abs(z)), 1.0, z >= 0.0) / (1.0 + exp(-abs(z))) - t',
      ),
    ),
  ),
  kernelOf(distributionCrossEntropy, lossLowering(distributionShader, 'classes')),
  kernelOf(lossGradient, elementwise(lossGradientShader, ['slope', 'dy'])),
];
