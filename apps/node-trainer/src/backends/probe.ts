import { performance } from 'node:perf_hooks';
import { foldIn, randomBits, randomKey } from '@harmonic-mlp/core';
import { type Batch, type DeviceDataset, LabeledDataset } from '@harmonic-mlp/mnist-data';
import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import {
  createOptimizer,
  type ExampleSource,
  type Examples,
  HarmonicMLP,
  type HarmonicMLPConfig,
} from 'harmonic-mlp';
import type { Backend } from './backend';
import { place, release } from './place';

/** What is to be trained, as far as the speed of a backend depends on it. */
export interface Workload {
  model: HarmonicMLPConfig;
  batchSize: number;
  /** The fraction of input values that are background, which this project's kernels skip, from 0 to 1. */
  background: number;
}

/** How fast a backend trains. */
export interface Rate {
  /** The time of a step in seconds, including the gathering of its batch and the reading of its loss. */
  stepSeconds: number;
  /** The part of that time in which this thread was busy, from 0 to 1; the rest it waited for the device. */
  busy: number;
}

/** Enough for a rate within a few percent. */
const enough = { seconds: 0.4, steps: 4 };
/** Seconds after which no more steps are added. */
const long = 2;

/**
 * Trains a workload on synthetic examples for about a second, on the active backend.
 *
 * @returns the rate after the first step, which compiles and allocates, or of that step alone if it takes very long.
 */
export async function probe(
  backend: Backend,
  { model: shape, batchSize, background }: Workload,
): Promise<Rate> {
  const data = place(backend, synthetic(shape, Math.max(batchSize, drawn), background));
  const model = new HarmonicMLP(shape);
  const optimizer = createOptimizer(model);
  const train = async (steps: number): Promise<Rate> => {
    const begun = performance.now();
    const loop = performance.eventLoopUtilization();
    await model.fit(repeated(data, shape, steps, batchSize), {
      epochs: 1,
      batchSize,
      optimizer,
      schedule: null,
    });
    const { utilization: busy } = performance.eventLoopUtilization(loop);
    return { stepSeconds: (performance.now() - begun) / 1000 / steps, busy };
  };
  try {
    let rate = await train(1);
    for (let steps = 1; rate.stepSeconds * steps < long; steps *= 2) {
      rate = await train(steps);
      if (steps >= enough.steps && rate.stepSeconds * steps >= enough.seconds) break;
    }
    return rate;
  } finally {
    optimizer.dispose();
    model.dispose();
    release(data);
  }
}

/** The number of distinct examples; larger data sets repeat them. */
const drawn = 1024;

function synthetic({ inputSize, classes = 2 }: HarmonicMLPConfig, size: number, background: number) {
  const words = randomBits(randomKey(0), new Uint32Array(drawn * inputSize));
  const dark = background * 2 ** 32;
  const distinct = Uint8Array.from(words, (word) => (word < dark ? 0 : word & 255));
  const inputs = new Uint8Array(size * inputSize);
  for (let from = 0; from < inputs.length; from += distinct.length) {
    inputs.set(distinct.subarray(0, inputs.length - from), from);
  }
  const labels = Uint8Array.from({ length: size }, (_, i) => i % classes);
  return new LabeledDataset({ inputs, labels, inputSize, classes });
}

/** An epoch of the given number of shuffled batches of a data set, with numbers for labels where a model is not for classes. */
function repeated(
  data: LabeledDataset | DeviceDataset,
  { classes, outputs }: HarmonicMLPConfig,
  steps: number,
  batchSize: number,
): ExampleSource<Examples> & { classes?: number } {
  return {
    size: steps * batchSize,
    inputSize: data.inputSize,
    classes,
    *batches() {
      for (let step = 0; step < steps; ) {
        const shuffle = foldIn(randomKey(1), step);
        for (const batch of data.batches({ batchSize, shuffle, dropLast: true })) {
          yield classes === undefined ? withTargets(batch, outputs!) : batch;
          if (++step === steps) return;
        }
      }
    },
  };
}

function withTargets({ inputs, labels, size }: Batch, outputs: number): Examples & { targets: Tensor2D } {
  labels.dispose();
  const targets = Float32Array.from({ length: size * outputs }, (_, i) => i % 2);
  return { inputs, targets: tensor2d(targets, [size, outputs]), size };
}
