import {
  absoluteError,
  adamStep,
  add,
  applyMask,
  batchNorm,
  batchNormGradient,
  binaryCrossEntropy,
  cosine,
  dense,
  denseBiasGradient,
  denseInputGradient,
  denseKernelGradient,
  distributionCrossEntropy,
  dropoutMask,
  type ElementwiseOperation,
  exponential,
  finer,
  gauss,
  gaussianNoise,
  gelu,
  harmonic,
  harmonicGradient,
  harmonicPeriodGradient,
  hosc,
  huberError,
  hyperbolicSine,
  joinUnits,
  layerNorm,
  layerNormGradient,
  leakyRelu,
  lossGradient,
  phasedHarmonic,
  phasedHarmonicGradient,
  phasedHarmonicPhaseGradient,
  randomKey,
  randomUniform,
  sigmoid,
  silu,
  sinc,
  sine,
  sineRelu,
  sineReluGradient,
  snake,
  snakeFrequencyGradient,
  snakeGradient,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  splitUnits,
  squaredError,
  staf,
  stafGradient,
  stafTermGradients,
  tanh,
  wire,
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
import { adam, norm } from '../network';
import { classes, hiddenLayers, inputSize, residual } from '../published-model';

/** One operation to time. */
export interface KernelCase {
  name: string;
  /** The minimum arithmetic or memory traffic: each input read once, each output written once. */
  work: { amount: number; unit: 'flop' | 'byte' };
  run(): void;
}

/** An operation whose attributes are not known. */
type Callable = (inputs: object, attributes: object) => unknown;

/** The operations that the kernels replace, on tensors that live as long as the program. */
export function kernelCases({ inputs, targets, size: batch }: Batch): KernelCase[] {
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
  const numbers = tensor1d(targets, 'int32');
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
  const phases = noise<Tensor1D>([units]);
  const frequencies = noise<Tensor1D>([units]);
  const terms = [0, 1, 2].map(() => noise<Tensor1D>([5]));
  const [lossOfOutputs, slope] = squaredError({ outputs: y, targets: z });
  const halves = splitUnits({ x: z }, { first: units / 2 });
  const firstProduct = flops(2 * batch * inputSize * units);

  /** An activation that maps each value by itself, and its gradient. */
  const elementwise = <A extends object>(
    name: string,
    operation: ElementwiseOperation<A>,
    attributes: A,
  ): KernelCase[] => [
    { name, work: traffic(2, elements), run: () => (operation as unknown as Callable)({ z }, attributes) },
    {
      name: `${name} gradient`,
      work: traffic(3, elements),
      run: () => (operation.gradientOperation as unknown as Callable)({ dy, z }, attributes),
    },
  ];

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
      name: 'gradient of periods',
      work: traffic(2, elements),
      run: () => harmonicPeriodGradient({ dy, z, periods }),
    },
    {
      name: 'phased harmonic',
      work: traffic(2, elements),
      run: () => phasedHarmonic({ z, periods, phases }, { residual }),
    },
    {
      name: 'phased harmonic gradient',
      work: traffic(3, elements),
      run: () => phasedHarmonicGradient({ dy, z, periods, phases }, { residual }),
    },
    {
      name: 'gradient of phases',
      work: traffic(2, elements),
      run: () => phasedHarmonicPhaseGradient({ dy, z, periods, phases }),
    },
    {
      name: 'sine-relu',
      work: traffic(2, elements),
      run: () => sineRelu({ z, periods }, { amplitude: 0.5 }),
    },
    {
      name: 'sine-relu gradient',
      work: traffic(3, elements),
      run: () => sineReluGradient({ dy, z, periods }, { amplitude: 0.5 }),
    },
    { name: 'snake', work: traffic(2, elements), run: () => snake({ z, frequencies }) },
    { name: 'snake gradient', work: traffic(3, elements), run: () => snakeGradient({ dy, z, frequencies }) },
    {
      name: 'snake frequency gradient',
      work: traffic(2, elements),
      run: () => snakeFrequencyGradient({ dy, z, frequencies }),
    },
    ...elementwise('sine', sine, { omega: 30 }),
    ...elementwise('cosine', cosine, { omega: 30 }),
    ...elementwise('finer', finer, { omega: 30 }),
    ...elementwise('gauss', gauss, { scale: 3 }),
    ...elementwise('wire', wire, { omega: 20, scale: 3 }),
    ...elementwise('hosc', hosc, { sharpness: 8, omega: 30 }),
    ...elementwise('sinc', sinc, { omega: 30 }),
    ...elementwise('hyperbolic sine', hyperbolicSine, {}),
    ...elementwise('leaky relu', leakyRelu, { slope: 0.01 }),
    ...elementwise('gelu', gelu, {}),
    ...elementwise('silu', silu, {}),
    ...elementwise('tanh', tanh, {}),
    ...elementwise('sigmoid', sigmoid, {}),
    ...elementwise('exponential', exponential, {}),
    {
      name: 'STAF of 5 terms',
      work: traffic(2, elements),
      run: () => staf({ z, frequencies: terms[0], phases: terms[1], amplitudes: terms[2] }),
    },
    {
      name: 'STAF gradient',
      work: traffic(3, elements),
      run: () => stafGradient({ dy, z, frequencies: terms[0], phases: terms[1], amplitudes: terms[2] }),
    },
    {
      name: 'STAF term gradients',
      work: traffic(2, elements),
      run: () => stafTermGradients({ dy, z, frequencies: terms[0], phases: terms[1], amplitudes: terms[2] }),
    },
    { name: 'add', work: traffic(3, elements), run: () => add({ a: y, b: z }) },
    {
      name: 'split units',
      work: traffic(2, elements),
      run: () => splitUnits({ x: z }, { first: units / 2 }),
    },
    {
      name: 'join units',
      work: traffic(2, elements),
      run: () => joinUnits({ first: halves[0], second: halves[1] }),
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
      name: 'layer norm',
      work: traffic(2, elements),
      run: () => layerNorm({ x: y, gamma, beta }, { epsilon: norm.epsilon }),
    },
    {
      name: 'layer norm gradient',
      work: traffic(3, elements),
      run: () => layerNormGradient({ dy, x: y, gamma }, { epsilon: norm.epsilon }),
    },
    {
      name: 'Gaussian noise',
      work: traffic(1, elements),
      run: () => gaussianNoise({}, { shape: [batch, units], deviation: 0.1, key: randomKey(0) }),
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
      name: 'squared error',
      work: traffic(3, elements),
      run: () => squaredError({ outputs: y, targets: z }),
    },
    {
      name: 'absolute error',
      work: traffic(3, elements),
      run: () => absoluteError({ outputs: y, targets: z }),
    },
    {
      name: 'Huber error',
      work: traffic(3, elements),
      run: () => huberError({ outputs: y, targets: z }, { delta: 1 }),
    },
    {
      name: 'binary cross-entropy',
      work: traffic(3, elements),
      run: () => binaryCrossEntropy({ outputs: y, targets: z }),
    },
    {
      name: 'distribution cross-entropy',
      work: traffic(3, logits.size),
      run: () => distributionCrossEntropy({ outputs: logits, targets: probabilities as Tensor2D }),
    },
    {
      name: 'gradient of a loss',
      work: traffic(2, elements),
      run: () => lossGradient({ dy: lossOfOutputs, slope }),
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
