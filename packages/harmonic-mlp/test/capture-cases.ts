import { cosine } from '@harmonic-mlp/freq-optimizer';
import { activations, periods } from '@harmonic-mlp/harmonic-layer';
import {
  type CaptureEvent,
  classifier,
  createOptimizer,
  type ExampleValues,
  type FitOptions,
  HarmonicMLP,
  type HarmonicMLPOptions,
  type OptimizerOptions,
  readCheckpoint,
} from '../src';

/** Examples of three classes, and two numbers and two labels for each. */
const rows = 45;
export const inputs = Array.from({ length: rows }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(i * i)]);
export const classes = { inputs, targets: inputs.map((_, i) => i % 3) };
export const numbers = { inputs, targets: inputs.map(([a, b]) => [a * b, a - b]) };
export const labels = { inputs, targets: inputs.map(([a, b]) => [a > 0 ? 1 : 0, b > 0 ? 1 : 0]) };

/** What is trained; the rest is as usual. */
export interface Case {
  model?: HarmonicMLPOptions;
  data?: ExampleValues;
  optimizer?: OptimizerOptions;
  fit?: FitOptions;
}

/** Trains a model, and gives everything that could differ. */
export async function trained(
  { model: options = {}, data = classes, optimizer: ofOptimizer = {}, fit = {} }: Case,
  capture: boolean,
) {
  const shape = options.task === undefined ? { classes: 3 } : { outputs: 2 };
  const model = new HarmonicMLP({ inputSize: 3, ...shape, hidden: [8, 8], seed: 3, ...options });
  const optimizer = createOptimizer(model, ofOptimizer);
  let event: CaptureEvent | undefined;
  let checkpoint: Uint8Array<ArrayBuffer> | undefined;
  const settings: FitOptions = {
    epochs: 5,
    batchSize: 16,
    optimizer,
    capture,
    onWarning() {},
    onCapture(given) {
      event = given;
    },
    ...fit,
    async onEnd(end) {
      checkpoint = await end.checkpoint();
    },
  };
  try {
    const { history } = await model.fit(data as never, settings);
    const records = history.map(({ seconds: _, ...record }) => record);
    return { records, content: contentOf(checkpoint!), event };
  } finally {
    model.dispose();
    optimizer.dispose();
  }
}

/** What a checkpoint holds, without the times of its epochs. */
function contentOf(bytes: Uint8Array): unknown {
  const { tensors, progress } = readCheckpoint(bytes) as never as {
    tensors: Record<string, { data: ArrayLike<number> }>;
    progress: { history: object[] };
  };
  const data = Object.entries(tensors).map(([name, tensor]) => [name, Array.from(tensor.data)]);
  return {
    data,
    progress: { ...progress, history: progress.history.map((each) => ({ ...each, seconds: 0 })) },
  };
}

/** Runs of all kinds. */
export const family: [string, Case][] = [
  ...Object.keys(activations).map((activation): [string, Case] => [activation, { model: { activation } }]),
  ...Object.keys(periods).map((name): [string, Case] => [`${name} periods`, { model: { periods: name } }]),
  ['norm before', { model: { norm: 'before' } }],
  ['no norm', { model: { norm: 'none' } }],
  ['dropout', { model: { dropout: 0.5 } }],
  ['layer norm', { model: { normKind: 'layer' } }],
  ['noise', { model: { noise: 0.1, inputNoise: 0.2 } }],
  ['skip connections', { model: { skipConnections: true } }],
  ['standardized inputs', { model: { standardizeInputs: true } }],
  ['Fourier features', { model: { fourierFeatures: 'positional:2' } }],
  ['max-norm', { model: { maxNorm: 1 } }],
  ['no hidden layers', { model: { hidden: [] } }],
  ...(['squared', 'absolute', 'huber'] as const).map((loss): [string, Case] => [
    `${loss} error`,
    { model: { task: 'regression', loss }, data: numbers },
  ]),
  ['several labels', { model: { task: 'multi-label' }, data: labels }],
  ['weights', { data: { ...classes, weights: inputs.map((_, i) => i % 4) } }],
  ['label smoothing', { fit: { task: classifier({ labelSmoothing: 0.1, classWeights: [1, 2, 3] }) } }],
  ...(['adam', 'adamw', 'sgd', 'momentum'] as const).map((optimizer): [string, Case] => [
    optimizer,
    { optimizer: { optimizer } },
  ]),
  ['scaled updates', { optimizer: { freqScale: 'update' } }],
  [
    'scaled updates of trained periods',
    { model: { periods: 'learnable:4' }, optimizer: { freqScale: 'update' } },
  ],
  ['decoupled decay', { optimizer: { optimizer: 'adamw', weightDecay: 0.3 } }],
  ['coupled decay', { optimizer: { weightDecay: 0.3 } }],
  ['clipped norms', { optimizer: { clipNorm: 0.1 } }],
  ['clipped values', { optimizer: { clipValue: 0.01 } }],
  ...['constant', 'cosine', 'linear', 'exponential', 'one-cycle', 'plateau'].map(
    (schedule): [string, Case] => [
      `the schedule ${schedule}`,
      { fit: { schedule: schedule === 'constant' ? null : schedule, learningRate: 0.01 } },
    ],
  ),
  // The rate of a warm-up is for a while a multiple of the step's number.
  ...([0.3, 0.9] as const).map((warmup): [string, Case] => [
    `a warm-up over ${warmup} of the run`,
    { fit: { schedule: cosine({ warmup }), epochs: 8, learningRate: 0.01 } },
  ]),
  ...(['adam', 'sgd', 'momentum'] as const).map((optimizer): [string, Case] => [
    `a rate of ${optimizer} that changes late`,
    {
      optimizer: { optimizer },
      fit: { schedule: { name: 'late', settings: {}, factor: (step) => (step < 14 ? 1 : 0.1) }, epochs: 8 },
    },
  ]),
  ['batches of which the last is dropped', { fit: { dropLast: true } }],
  ['batches with one left over', { fit: { batchSize: 22 } }],
  ['several reads', { fit: { readEvery: 2 } }],
];
