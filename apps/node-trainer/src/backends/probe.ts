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
import type { Backend, DeviceCalls } from './backend';
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
  /** Whether steps were executed as a program, and how many threads took one together. */
  captured: boolean;
  threads: number;
  /** What a step tells the device to do, where there is one. */
  calls?: DeviceCalls;
}

/** Enough for steps to become a program on the best number of threads, and then for a rate within a few percent. */
const enough = { seconds: 1.5, last: 0.4, steps: 4 };
/** Seconds after which even fewer steps are enough. */
const long = 2;

/**
 * Trains a workload on synthetic examples for one or two seconds, on the active backend.
 *
 * @returns the rate of the last steps, or of the first one alone, which compiles and allocates, if it takes very long.
 */
export async function probe(
  backend: Backend,
  { model: shape, batchSize, background }: Workload,
): Promise<Rate> {
  const data = place(backend, synthetic(shape, Math.max(batchSize, drawn), background));
  const source = repeated(data, shape, batchSize);
  const model = new HarmonicMLP(shape);
  const optimizer = createOptimizer(model);
  const train = async (readEvery: number) => {
    const end = new AbortController();
    const times = [performance.now()];
    const counts: (DeviceCalls | undefined)[] = [];
    const countsSoFar = backend.countCalls?.();
    let loop = performance.eventLoopUtilization();
    const note = () => {
      if (times.length === 1) loop = performance.eventLoopUtilization();
      times.push(performance.now());
      counts.push(countsSoFar?.());
      const seconds = (times.at(-1)! - times[0]) / 1000;
      if (seconds >= (times.length > enough.steps ? enough.seconds : long)) end.abort();
    };
    const { captured, threads } = await model.fit(source, {
      steps: Number.MAX_SAFE_INTEGER,
      batchSize,
      optimizer,
      schedule: null,
      signal: end.signal,
      onWarning() {},
      // A device is done with steps once their losses have been read. Elsewhere, reads at every step would only take time.
      ...(backend.keepsData ? { readEvery, onMetrics: note } : { onStep: note }),
    });
    const { utilization: busy } = performance.eventLoopUtilization(loop);
    const calls = callsIn(counts, readEvery);
    return { stepSeconds: rateOf(times) / readEvery, busy, captured, threads, ...(calls && { calls }) };
  };
  try {
    const rate = await train(1);
    // As in a run, where reads do not keep a device from the next steps.
    return backend.keepsData && rate.stepSeconds < seldom.below ? await train(seldom.readEvery) : rate;
  } finally {
    optimizer.dispose();
    model.dispose();
    release(data);
  }
}

/** Losses of steps that take less time, in seconds, are read together with others. */
const seldom = { below: 0.05, readEvery: 16 };

/** What a step of the last quarter told the device to do. */
function callsIn(counts: readonly (DeviceCalls | undefined)[], steps: number): DeviceCalls | undefined {
  const first = counts[Math.floor(0.75 * (counts.length - 1))];
  const last = counts.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  const number = steps * (counts.length - 1 - Math.floor(0.75 * (counts.length - 1)));
  const of = (name: keyof DeviceCalls) => (last[name] - first[name]) / number;
  return { dispatches: of('dispatches'), uploads: of('uploads'), submissions: of('submissions') };
}

/** The time of a step in seconds, from when the first one began and all ended: that of the last ones, not of the first if there are others. */
function rateOf(times: readonly number[]): number {
  const last = times.length - 1;
  let first = last - 1;
  const isEnough = () => last - first >= enough.steps && times[last] - times[first] >= 1000 * enough.last;
  while (first > 1 && !isEnough()) first -= 1;
  return (times[last] - times[first]) / 1000 / (last - first);
}

/** A model may read all of an epoch before it trains. */
const stepsOfEpoch = 64;

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

/** An epoch of a few shuffled batches of a data set, with numbers for labels where a model is not for classes. */
function repeated(
  data: LabeledDataset | DeviceDataset,
  { classes, outputs }: HarmonicMLPConfig,
  batchSize: number,
): ExampleSource<Examples> & { classes?: number } {
  const size = stepsOfEpoch * batchSize;
  const rows = new Int32Array(size);
  for (let from = 0, pass = 0; from < size; pass++) {
    const order = data.order({ shuffle: foldIn(randomKey(1), pass) }).subarray(0, size - from);
    rows.set(order, from);
    from += order.length;
  }
  const batchAt = (step: number) => data.batch(rows.subarray(step * batchSize, (step + 1) * batchSize));
  const batches = function* () {
    for (let step = 0; step < stepsOfEpoch; step++) {
      const batch = batchAt(step);
      yield classes === undefined ? withTargets(batch, outputs!) : batch;
    }
  };
  const source = { size, inputSize: data.inputSize, classes, batches };
  if (classes === undefined) return source;
  const ofRows = { order: () => rows, batch: (chosen: Int32Array) => data.batch(chosen) };
  return 'tensors' in data
    ? { ...source, ...ofRows, tensors: () => data.tensors() }
    : { ...source, ...ofRows, gather: (chosen: Int32Array, into) => data.gather(chosen, into as never) };
}

function withTargets({ inputs, labels, size }: Batch, outputs: number): Examples & { targets: Tensor2D } {
  labels.dispose();
  const targets = Float32Array.from({ length: size * outputs }, (_, i) => i % 2);
  return { inputs, targets: tensor2d(targets, [size, outputs]), size };
}
