import type { AdamStepAttributes, DropoutMaskAttributes } from '@harmonic-mlp/core';
import { float, type Given, input, type Lowering, output, sizeOf } from '../lowering';
import { defineShader, groupsFor, perElement, sumOverGroup } from '../shader';
import { product } from './dense';
import { isNan, softmaxOfRow } from './losses';
import { maskParameters, threefry } from './random';
import { adamParameters, adamTypes } from './updates';

// Several operations at once, in programs.

/** The gradients of a dense layer by its kernel and by its bias: the sums of the columns of dy go along with the product. */
export const denseGradients: Lowering<object> = ({ inputs, tiles }) => {
  const [depth, rows] = inputs.x.shape;
  const columns = inputs.dy.shape[1];
  return {
    outputs: [float([rows, columns]), float([columns])],
    dispatches: product(
      'left',
      { rows, columns, depth },
      { operands: [input('x'), input('dy')], results: [output(0), output(1)], tiles },
    ),
  };
};

const dropoutShader = /* @__PURE__ */ perElement({
  name: 'Dropout',
  reads: ['x'],
  writes: ['y', 'mask'],
  parameters: { size: 'u32', key0: 'u32', key1: 'u32', largest: 'u32', scale: 'f32' },
  declarations: threefry,
  body: `let words = threefry(vec2u(params.key0, params.key1), i);
  let first = select(0.0, params.scale, words.x <= params.largest);
  mask[2u * i] = first;
  y[2u * i] = x[2u * i] * first;
  if (2u * i + 1u < params.size) {
    let second = select(0.0, params.scale, words.y <= params.largest);
    mask[2u * i + 1u] = second;
    y[2u * i + 1u] = x[2u * i + 1u] * second;
  }`,
});

/** A dropout mask, and what it is applied to. */
export const maskedDropout: Lowering<DropoutMaskAttributes> = ({ inputs, attributes }) => {
  const size = sizeOf(inputs.x);
  const count = Math.ceil(size / 2);
  const form = float(inputs.x.shape);
  return {
    outputs: [form, form],
    dispatches: [
      {
        shader: dropoutShader,
        buffers: [input('x'), output(0), output(1)],
        parameters: { count, size, ...maskParameters(attributes) },
        groups: groupsFor(count),
      },
    ],
  };
};

const crossEntropyShader = (isCounted: boolean) =>
  defineShader({
    name: 'SoftmaxCrossEntropy with its gradient',
    reads: ['logits', 'labels: i32'],
    writes: ['loss', 'gradient', ...(isCounted ? ['correct'] : [])],
    parameters: { batch: 'u32', classes: 'u32', infinity: 'f32', factor: 'f32' },
    declarations: `${sumOverGroup}${isNan}`,
    body: `
  var sum = 0.0;
  var count = 0.0;
  for (var row = local.x; row < params.batch; row += 256u) {${softmaxOfRow('logits')}
    let label = labels[row];
    var best = 0u;
    for (var k = 0u; k < params.classes; k++) {
      let probability = exp(logits[start + k] - most) / total;
      gradient[start + k] = (probability - select(0.0, 1.0, i32(k) == label)) * params.factor;
      if (logits[start + k] > logits[start + best]) { best = k; }
    }
    if (i32(best) == label) { count += 1.0; }
    // A label that is not a class number has the largest loss.
    if (label < 0 || label >= i32(params.classes)) { sum += params.infinity; }
    else { sum += select(log(total), total, isNan(total)) - (logits[start + u32(label)] - most); }
  }
  let all = sumOverGroup(sum, local.x);
  if (local.x == 0u) { loss[0] = all / f32(params.batch); }
  ${isCounted ? 'let right = sumOverGroup(count, local.x);\n  if (local.x == 0u) { correct[0] = right; }' : ''}`,
  });
const crossEntropyShaders = /* @__PURE__ */ [false, true].map(crossEntropyShader);

/** The softmax cross-entropy, its gradient for a constant dy, and perhaps the count of right answers. */
export const crossEntropyWithGradient: Lowering<{ dy: number }> = ({
  inputs,
  attributes: { dy },
  results = 3,
}) => {
  const [batch, classes] = inputs.logits.shape;
  const outputs = [float([]), float([batch, classes]), float([])].slice(0, results);
  return {
    outputs,
    dispatches: [
      {
        shader: crossEntropyShaders[Number(results === 3)],
        buffers: [input('logits'), input('labels'), ...outputs.map((_, i) => output(i))],
        parameters: { batch, classes, infinity: Number.POSITIVE_INFINITY, factor: dy / batch },
        groups: [1, 1],
      },
    ],
  };
};

const adamPairShader = (hasScale: boolean) =>
  perElement({
    name: 'AdamStep of two parameters',
    reads: ['gradients', ...(hasScale ? ['gradientScale'] : [])],
    writes: ['w', 'm', 'v', 'w2', 'm2', 'v2'],
    parameters: { ...adamTypes, count1: 'u32', gradient1: 'u32', gradient2: 'u32' },
    declarations: `
struct Step { weight: f32, first: f32, second: f32 }
fn stepOf(weight: f32, gradient: f32, first: f32, second: f32) -> Step {
  let g = gradient + params.decay * weight;
  let m = first * params.beta1 + g * params.rest1;
  let v = second * params.beta2 + (g * g) * params.rest2;
  return Step(weight * params.shrinkage - m / (sqrt(v) * params.rootCorrection + params.epsilon) * params.stepSize, m, v);
}`,
    body: `if (i < params.count1) {
    let g = gradients[params.gradient1 + i]${hasScale ? ' * gradientScale[i % params.units]' : ''};
    let s = stepOf(w[i], g, m[i], v[i]);
    w[i] = s.weight;
    m[i] = s.first;
    v[i] = s.second;
  } else {
    let j = i - params.count1;
    let g = gradients[params.gradient2 + j]${hasScale ? ' * gradientScale[j % params.units]' : ''};
    let s = stepOf(w2[j], g, m2[j], v2[j]);
    w2[j] = s.weight;
    m2[j] = s.first;
    v2[j] = s.second;
  }`,
  });
const adamPairShaders = /* @__PURE__ */ [false, true].map(adamPairShader);

/**
 * The steps of two parameters with the same factors of the gradient. Its outputs must be where the inputs are; the gradients are in one
 * buffer, so that there are no more than eight.
 */
export const adamPair: Lowering<AdamStepAttributes> = ({ inputs, attributes }: Given<AdamStepAttributes>) => {
  const forms = [float(inputs.parameter.shape), float(inputs.parameter2.shape)];
  const [count1, count2] = forms.map(sizeOf);
  const scale = inputs.gradientScale;
  return {
    outputs: forms.flatMap((form) => [form, form, form]),
    dispatches: [
      {
        shader: adamPairShaders[Number(scale !== undefined)],
        buffers: [
          { inputsIn: ['gradient', 'gradient2'] },
          ...(scale === undefined ? [] : [input('gradientScale')]),
          ...[0, 1, 2, 3, 4, 5].map(output),
        ],
        parameters: {
          ...adamParameters(attributes),
          ...{ count: count1 + count2, count1, units: scale?.shape[0] ?? 1 },
        },
        places: { gradient1: 'gradient', gradient2: 'gradient2' },
        groups: groupsFor(count1 + count2),
      },
    ],
  };
};
