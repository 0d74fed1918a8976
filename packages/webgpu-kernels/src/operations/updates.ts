import { type AdamStepAttributes, adamStep, adamStepFactors, descend } from '@harmonic-mlp/core';
import { float, input, output, sizeOf } from '../lowering';
import { groupsFor, type ParameterType, perElement } from '../shader';
import { elementwise, kernelOf } from './operation-kernel';

/** The parameters of Adam's step. */
export const adamTypes: { readonly [name: string]: ParameterType } = {
  units: 'u32',
  ...{ beta1: 'f32', rest1: 'f32', beta2: 'f32', rest2: 'f32', epsilon: 'f32', decay: 'f32' },
  ...{ shrinkage: 'f32', rootCorrection: 'f32', stepSize: 'f32' },
};

/** All of them but the number of units. */
export const adamParameters = (attributes: AdamStepAttributes) => ({
  ...fixedParameters(attributes),
  ...adamStepFactors(attributes),
});

const fixedParameters = ({ beta1, beta2, epsilon, weightDecay, weightDecayMode }: AdamStepAttributes) => ({
  ...{ beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon },
  decay: weightDecayMode === 'l2' ? weightDecay : 0,
});

/** @param hasScale whether gradients are multiplied by a factor for each unit first. */
const adamShader = (hasScale: boolean) =>
  perElement({
    name: 'AdamStep',
    reads: ['parameter', 'gradient', 'firstMoment', 'secondMoment', ...(hasScale ? ['gradientScale'] : [])],
    writes: ['w', 'm', 'v'],
    parameters: adamTypes,
    body: `let weight = parameter[i];
  let g = gradient[i]${hasScale ? ' * gradientScale[i % params.units]' : ''} + params.decay * weight;
  let first = firstMoment[i] * params.beta1 + g * params.rest1;
  let second = secondMoment[i] * params.beta2 + (g * g) * params.rest2;
  m[i] = first;
  v[i] = second;
  w[i] = weight * params.shrinkage - first / (sqrt(second) * params.rootCorrection + params.epsilon) * params.stepSize;`,
  });
const adamShaders = /* @__PURE__ */ [false, true].map(adamShader);

const descendShader = /* @__PURE__ */ perElement({
  name: 'Descend',
  reads: ['parameter', 'update'],
  writes: ['y'],
  parameters: { learningRate: 'f32' },
  body: 'y[i] = parameter[i] - update[i] * params.learningRate;',
});

/** The steps of optimizers. */
export const updateKernels = [
  kernelOf(
    adamStep,
    ({ inputs, attributes }) => {
      const form = float(inputs.parameter.shape);
      const count = sizeOf(form);
      const scale = inputs.gradientScale;
      const reads = ['parameter', 'gradient', 'firstMoment', 'secondMoment'];
      return {
        outputs: [form, form, form],
        dispatches: [
          {
            shader: adamShaders[Number(scale !== undefined)],
            buffers: [
              ...[...reads, ...(scale === undefined ? [] : ['gradientScale'])].map(input),
              ...[0, 1, 2].map(output),
            ],
            parameters: {
              ...{ count, units: scale?.shape[0] ?? count },
              ...adamParameters(attributes),
            },
            groups: groupsFor(count),
          },
        ],
      };
    },
    (attributes) => ({ ...adamStepFactors(attributes) }),
  ),
  kernelOf(
    descend,
    elementwise(descendShader, ['parameter', 'update'], ({ attributes: { learningRate } }) => ({
      learningRate,
    })),
    ({ learningRate }) => ({ learningRate }),
  ),
];
