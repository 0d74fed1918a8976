import {
  adamStep,
  applyMask,
  batchNorm,
  batchNormGradient,
  dense,
  denseBiasGradient,
  denseInputGradient,
  denseKernelGradient,
  dropoutMask,
  harmonic,
  harmonicGradient,
  randomKey,
  randomUniform,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
} from '@harmonic-mlp/core';
import {
  cos,
  matMul,
  mul,
  type Rank,
  sin,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Batch } from '../contender';
import { adam, classes, hiddenLayers, inputSize, norm, residual } from '../published-model';

/** One operation to time. */
export interface KernelCase {
  name: string;
  /** The minimum arithmetic or memory traffic: each input read once, each output written once. */
  work: { amount: number; unit: 'flop' | 'byte' };
  run(): void;
}

/** The operations that the kernels replace, on tensors that live as long as the program. */
export function kernelCases({ inputs, labels, size: batch }: Batch): KernelCase[] {
  let stream = 0;
  const noise = <T extends Tensor>(shape: number[]) => {
    const values = randomUniform(
      randomKey(stream++),
      shape.reduce((a, b) => a * b, 1),
    );
    // Around 0, like activations and gradients.
    return tidy(() => sub(mul(tensor(values, shape), 2), 1) as T);
  };
  const flops = (amount: number) => ({ amount, unit: 'flop' }) as const;
  /** The number of float32 `arrays` that are read or written. */
  const traffic = (arrays: number, elements: number) =>
    ({ amount: 4 * arrays * elements, unit: 'byte' }) as const;

  const products = [
    [inputSize, 512],
    [512, 256],
    [256, classes],
  ].flatMap(([width, units]): KernelCase[] => {
    const [x, kernel, dy] = [
      [batch, width],
      [width, units],
      [batch, units],
    ].map((shape) => noise<Tensor2D>(shape));
    const work = flops(2 * batch * width * units);
    const shape = `${batch}×${width}×${units}`;
    return [
      { name: `x·W ${shape}`, work, run: () => matMul(x, kernel) },
      { name: `dY·Wᵀ ${shape}`, work, run: () => matMul(dy, kernel, false, true) },
      { name: `xᵀ·dY ${shape}`, work, run: () => matMul(x, dy, true, false) },
    ];
  });

  const images = tensor2d(inputs, [batch, inputSize]);
  const numbers = tensor1d(labels, 'int32');
  const units = 512;
  const [firstLayer] = hiddenLayers;
  const periods = tensor1d(firstLayer.periods);
  const kernel = noise<Tensor2D>([inputSize, units]);
  const bias = noise<Tensor1D>([units]);
  const [z, y, dy] = [0, 1, 2].map(() => noise<Tensor2D>([batch, units]));
  const [gamma, beta, runningMean, runningVariance] = [0, 1, 2, 3].map(() => noise<Tensor1D>([units]));
  const [, mean, inverseDeviation] = batchNorm({ x: y, gamma, beta, runningMean, runningVariance }, norm);
  const mask = dropoutMask({}, { shape: [batch, units], rate: 0.2, key: randomKey(stream) });
  const logits = noise<Tensor2D>([batch, classes]);
  const [loss, probabilities] = softmaxCrossEntropy({ logits, labels: numbers });
  const [firstMoment, secondMoment] = [0, 1].map(() => zeros<Rank.R2>([inputSize, units]));
  const gradient = noise<Tensor2D>([inputSize, units]);
  const wave = noise<Tensor1D>([65536]);
  const elements = batch * units;
  const firstProduct = flops(2 * batch * inputSize * units);

  return [
    ...products,
    { name: 'dense of MNIST images', work: firstProduct, run: () => dense({ x: images, kernel, bias }) },
    {
      name: 'dense kernel gradient of MNIST',
      work: firstProduct,
      run: () => denseKernelGradient({ x: images, dy }),
    },
    { name: 'dense input gradient', work: firstProduct, run: () => denseInputGradient({ dy, kernel }) },
    { name: 'dense bias gradient', work: traffic(1, elements), run: () => denseBiasGradient({ dy }) },
    { name: 'sin of 65,536', work: traffic(2, wave.size), run: () => sin(wave) },
    { name: 'cos of 65,536', work: traffic(2, wave.size), run: () => cos(wave) },
    { name: 'harmonic', work: traffic(2, elements), run: () => harmonic({ z, periods }, { residual }) },
    {
      name: 'harmonic gradient',
      work: traffic(3, elements),
      run: () => harmonicGradient({ dy, z, periods }, { residual }),
    },
    {
      name: 'batch norm',
      work: traffic(2, elements),
      run: () => batchNorm({ x: y, gamma, beta, runningMean, runningVariance }, norm),
    },
    {
      name: 'batch norm gradient',
      work: traffic(3, elements),
      run: () =>
        batchNormGradient({
          dy,
          x: y,
          gamma,
          mean: mean as Tensor1D,
          inverseDeviation: inverseDeviation as Tensor1D,
        }),
    },
    {
      name: 'dropout mask',
      work: traffic(1, elements),
      run: () => dropoutMask({}, { shape: [batch, units], rate: 0.2, key: randomKey(0) }),
    },
    { name: 'apply mask', work: traffic(3, elements), run: () => applyMask({ x: y, mask }) },
    {
      name: 'softmax cross-entropy',
      work: traffic(2, logits.size),
      run: () => softmaxCrossEntropy({ logits, labels: numbers }),
    },
    {
      name: 'its gradient',
      work: traffic(2, logits.size),
      run: () => softmaxCrossEntropyGradient({ dy: loss, probabilities, labels: numbers }),
    },
    {
      name: `Adam of ${kernel.size.toLocaleString('en')} weights`,
      work: traffic(7, kernel.size),
      run: () =>
        adamStep(
          { parameter: kernel, gradient, firstMoment, secondMoment },
          { ...adam, learningRate: 1e-3, weightDecay: 1e-5, weightDecayMode: 'l2', step: 1 },
        ),
    },
  ];
}
