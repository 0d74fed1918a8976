import type { layers } from '@tensorflow/tfjs-layers';

/** The layers that the programs of all contenders know. */
type LayerName =
  | 'averagePooling2d'
  | 'batchNormalization'
  | 'conv1d'
  | 'conv2d'
  | 'dense'
  | 'depthwiseConv2d'
  | 'embedding'
  | 'flatten'
  | 'globalAveragePooling1d'
  | 'globalAveragePooling2d'
  | 'gru'
  | 'lstm'
  | 'maxPooling1d'
  | 'maxPooling2d';

/** A layer's name in tfjs-layers, with the settings of its constructor. */
export type LayerSettings = {
  [Name in LayerName]: { layer: Name } & Partial<NonNullable<Parameters<(typeof layers)[Name]>[0]>>;
}[LayerName];

/** A network that `model.fit` trains, in the words of tfjs-layers. */
export interface FitNetwork {
  readonly name: string;
  /** Of one example. */
  readonly inputShape: readonly number[];
  /** Set if inputs are indices below this number rather than numbers from 0 to 1. */
  readonly vocabulary?: number;
  readonly layers: readonly LayerSettings[];
  readonly outputs: number;
  readonly loss: 'categoricalCrossentropy' | 'binaryCrossentropy' | 'meanSquaredError';
  readonly optimizer: 'adam' | 'sgd';
  readonly learningRate: number;
  readonly batchSize: number;
}

const relu = { activation: 'relu' } as const;
const softmax = { activation: 'softmax' } as const;
const classification = { loss: 'categoricalCrossentropy', optimizer: 'adam', learningRate: 1e-3 } as const;

/** A depthwise convolution, then one of 1 × 1, each followed by batch normalization, as in MobileNet. */
const separable = (filters: number, strides: number): LayerSettings[] => [
  { layer: 'depthwiseConv2d', kernelSize: 3, strides, padding: 'same', useBias: false },
  { layer: 'batchNormalization' },
  { layer: 'conv2d', filters, kernelSize: 1, useBias: false, ...relu },
  { layer: 'batchNormalization' },
];

/** What people train with tfjs in Node and in browsers. */
export const fitNetworks: readonly FitNetwork[] = [
  {
    name: 'dense 784-128-10',
    inputShape: [784],
    layers: [
      { layer: 'dense', units: 128, ...relu },
      { layer: 'dense', units: 10, ...softmax },
    ],
    outputs: 10,
    ...classification,
    batchSize: 128,
  },
  {
    // The network of tfjs-examples' tutorial on handwritten digits.
    name: 'MNIST convolutions',
    inputShape: [28, 28, 1],
    layers: [
      { layer: 'conv2d', filters: 8, kernelSize: 5, ...relu },
      { layer: 'maxPooling2d', poolSize: 2, strides: 2 },
      { layer: 'conv2d', filters: 16, kernelSize: 5, ...relu },
      { layer: 'maxPooling2d', poolSize: 2, strides: 2 },
      { layer: 'flatten' },
      { layer: 'dense', units: 10, ...softmax },
    ],
    outputs: 10,
    ...classification,
    batchSize: 128,
  },
  {
    name: 'depthwise convolutions',
    inputShape: [32, 32, 3],
    layers: [
      { layer: 'conv2d', filters: 16, kernelSize: 3, strides: 2, padding: 'same', useBias: false, ...relu },
      { layer: 'batchNormalization' },
      ...separable(32, 1),
      ...separable(64, 2),
      { layer: 'globalAveragePooling2d' },
      { layer: 'dense', units: 10, ...softmax },
    ],
    outputs: 10,
    ...classification,
    batchSize: 32,
  },
  {
    // Windows of 128 readings of nine sensors, by which smartphones recognize activities.
    name: 'conv1d on sensors',
    inputShape: [128, 9],
    layers: [
      { layer: 'conv1d', filters: 32, kernelSize: 5, ...relu },
      { layer: 'maxPooling1d', poolSize: 2 },
      { layer: 'conv1d', filters: 64, kernelSize: 5, ...relu },
      { layer: 'globalAveragePooling1d' },
      { layer: 'dense', units: 6, ...softmax },
    ],
    outputs: 6,
    ...classification,
    batchSize: 32,
  },
  {
    name: 'embedding and LSTM',
    inputShape: [50],
    vocabulary: 1000,
    layers: [
      { layer: 'embedding', inputDim: 1000, outputDim: 32 },
      { layer: 'lstm', units: 32 },
      { layer: 'dense', units: 1, activation: 'sigmoid' },
    ],
    outputs: 1,
    loss: 'binaryCrossentropy',
    optimizer: 'adam',
    learningRate: 1e-3,
    batchSize: 32,
  },
  {
    name: 'GRU',
    inputShape: [50, 8],
    layers: [
      { layer: 'gru', units: 32 },
      { layer: 'dense', units: 1 },
    ],
    outputs: 1,
    loss: 'meanSquaredError',
    optimizer: 'adam',
    learningRate: 1e-3,
    batchSize: 32,
  },
  {
    // Teachable Machine's, on what MobileNet makes of an image.
    name: 'transfer learning',
    inputShape: [1280],
    layers: [
      { layer: 'dense', units: 100, ...relu },
      { layer: 'dense', units: 3, useBias: false, ...softmax },
    ],
    outputs: 3,
    ...classification,
    batchSize: 16,
  },
  {
    // Of features of an accelerometer, as in micro:bit's CreateAI.
    name: 'micro:bit',
    inputShape: [24],
    layers: [
      { layer: 'dense', units: 16, ...relu },
      { layer: 'dense', units: 3, ...softmax },
    ],
    outputs: 3,
    loss: 'categoricalCrossentropy',
    optimizer: 'sgd',
    learningRate: 0.1,
    batchSize: 16,
  },
];
