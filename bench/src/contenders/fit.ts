import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { createOptimizer, HarmonicMLP } from 'harmonic-mlp';
import type { Contender } from '../contender';
import { joined } from '../examples';
import { withKernels } from '../kernels';
import { seed } from '../network';
import { nameThreads } from '../threads';
import { tfjsTensors } from './tfjs-tensors';

/**
 * This project's `fit`, which gathers its batches and executes its steps as a program.
 *
 * @param data the data set for an epoch.
 */
export const fitting = (data: LabeledDataset, threads: number): Contender => ({
  name: `harmonic-mlp, ${nameThreads(threads)}`,
  predictsAlike: threads > 1,
  async create({ network, dropout, learningRate, weightDecay }) {
    // The weights that all contenders start from are the ones it draws itself.
    const model = new HarmonicMLP({ ...network.options, seed, dropout });
    const optimizer = createOptimizer(model, { learningRate, weightDecay });
    const tensors = tfjsTensors(network);
    let examples: ReturnType<typeof joined> | undefined;
    let batchSize = 0;
    let images: Tensor2D | undefined;

    const train = async (steps: number, before: number) => {
      const losses: number[] = [];
      let started = 0;
      let first = 0;
      let milliseconds = 0;
      const result = await model.fit(examples!, {
        steps: before + steps,
        batchSize,
        shuffle: false,
        schedule: null,
        optimizer,
        // In step with the clock; by default they are read together every 32 steps.
        readEvery: Math.min(before, 32),
        onWarning: () => {},
        onMetrics(event) {
          losses.push(...event.losses);
          const now = performance.now();
          if (first === 0 && losses.length >= before) [started, first] = [now, losses.length];
          milliseconds = now - started;
        },
        threads,
      });
      requireCaptured(result, threads);
      return { milliseconds: (milliseconds * steps) / (losses.length - first), losses };
    };

    return {
      async load(batches) {
        examples = joined(batches);
        batchSize = batches[0].size;
      },
      // Some are recorded; then the program is compiled, and the first times that it is executed touch new memory.
      train: (steps, before = steps < 100 ? 16 : 32) => withKernels('all', () => train(steps, before)),
      async show(values) {
        images?.dispose();
        images = tensors.inputs(values);
      },
      predict: (times) =>
        withKernels('all', async () => {
          let outputs = await predict(model, images!);
          const started = performance.now();
          for (let i = 0; i < times; i++) outputs = await predict(model, images!);
          return { milliseconds: performance.now() - started, outputs };
        }),
      epoch: () =>
        withKernels('all', async () => {
          const started = performance.now();
          await model.fit(data, { epochs: 1, threads });
          return performance.now() - started;
        }),
      async dispose() {
        images?.dispose();
        optimizer.dispose();
        model.dispose();
      },
    };
  },
});

/** A model's outputs, read. */
export async function predict(model: HarmonicMLP, inputs: Tensor2D): Promise<Float32Array> {
  const predictions = model.predict(inputs);
  const values = await predictions.data<'float32'>();
  predictions.dispose();
  return values;
}

/** @throws {Error} unless steps have been executed as a program, by as many threads as were asked for. */
export function requireCaptured(found: { captured: boolean; threads: number }, threads: number): void {
  if (!found.captured) throw new Error('The steps of fit have not been captured.');
  if (found.threads !== threads) {
    throw new Error(
      `The steps of fit have been executed by ${nameThreads(found.threads)} instead of ${threads}.`,
    );
  }
}
