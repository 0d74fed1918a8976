import '@tensorflow/tfjs-backend-cpu';
import { getBackend, getGradient, getKernel, getKernelsForBackend, tensor2d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import * as core from './index';

const operations = Object.values(core).filter(
  (value): value is typeof core.relu => typeof value === 'function' && 'kernelName' in value,
);

// Comes first: what importing does can only be observed before anything is called.
it('importing registers nothing and chooses no backend', () => {
  expect(getBackend()).toBeUndefined();
  expect(operations.length).toBe(59);
  for (const { kernelName } of operations) {
    expect(getKernel(kernelName, 'cpu'), kernelName).toBeUndefined();
    expect(getGradient(kernelName), kernelName).toBeUndefined();
  }
});

it('an operation without inputs may be the first call of a program', () => {
  const mask = core.dropoutMask({}, { shape: [1, 2], rate: 0, key: [0, 0] });
  expect(getBackend()).toBe('cpu');
  expect([...mask.dataSync()]).toEqual([1, 1]);
  mask.dispose();
});

it('a call registers its own operation only, on the backend in use', () => {
  const x = tensor2d([[1]]);
  core.relu({ x }).dispose();
  x.dispose();
  const registered = getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  expect(registered.filter((name) => name.startsWith('HarmonicMLP.')).sort()).toEqual([
    'HarmonicMLP.DropoutMask',
    'HarmonicMLP.Relu',
  ]);
});

it('the operations have these kernel names, by which packages of kernels know them', () => {
  expect(operations.map(({ kernelName }) => kernelName.replace('HarmonicMLP.', '')).sort()).toEqual([
    'AbsoluteError',
    'AdamStep',
    'Add',
    'ApplyMask',
    'BatchNorm',
    'BatchNormGradient',
    'BatchNormInference',
    'BinaryCrossEntropy',
    'Cosine',
    'CountCorrect',
    'Dense',
    'DenseBiasGradient',
    'DenseInputGradient',
    'DenseKernelGradient',
    'Descend',
    'DistributionCrossEntropy',
    'DropoutMask',
    'Exponential',
    'Finer',
    'FourierFeatures',
    'Gauss',
    'GaussianNoise',
    'Gelu',
    'Harmonic',
    'HarmonicGradient',
    'HarmonicPeriodGradient',
    'Hosc',
    'HuberError',
    'HyperbolicSine',
    'JoinUnits',
    'LayerNorm',
    'LayerNormGradient',
    'LeakyRelu',
    'LossGradient',
    'PhasedHarmonic',
    'PhasedHarmonicGradient',
    'PhasedHarmonicPeriodGradient',
    'PhasedHarmonicPhaseGradient',
    'Relu',
    'ReluGradient',
    'Sigmoid',
    'Silu',
    'Sinc',
    'Sine',
    'SineRelu',
    'SineReluGradient',
    'SineReluPeriodGradient',
    'Snake',
    'SnakeFrequencyGradient',
    'SnakeGradient',
    'SoftmaxCrossEntropy',
    'SoftmaxCrossEntropyGradient',
    'SplitUnits',
    'SquaredError',
    'Staf',
    'StafGradient',
    'StafTermGradients',
    'Tanh',
    'Wire',
  ]);
});
