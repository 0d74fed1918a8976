import { clone, dispose, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { createOptimizer, type Batch as Examples, HarmonicMLP } from 'harmonic-mlp';
import type { Contender } from '../contender';
import { withKernels } from '../kernels';
import { inputSize, seed } from '../published-model';
import { tfjsTensors } from './tfjs-tensors';

/** The steps that are recorded, before any is executed as a program. */
const recorded = 4;

/** This project's `fit`, whose steps are executed as a program. */
export const captured: Contender = {
  name: 'harmonic-mlp captured',
  predictsAlike: true,
  async create({ dropout, learningRate, weightDecay }) {
    const model = new HarmonicMLP({ seed, dropout });
    const optimizer = createOptimizer(model, { learningRate, weightDecay });
    let batches: { inputs: Tensor2D; labels: Tensor1D; size: number }[] = [];
    let images: Tensor2D | undefined;
    const source = (steps: number) => ({
      size: steps * batches[0].size,
      inputSize,
      classes: 10,
      *batches(): Generator<Examples> {
        for (let i = 0; i < steps; i++) {
          const { inputs, labels, size } = batches[i % batches.length];
          yield { inputs: clone(inputs), labels: clone(labels), size };
        }
      },
    });
    const train = async (steps: number) => {
      // Those that compare losses take few, and want no more.
      const before = steps < 10 ? 1 : recorded;
      const losses: number[] = [];
      let started = 0;
      let milliseconds = 0;
      const { captured } = await model.fit(source(before + steps), {
        epochs: 1,
        batchSize: batches[0].size,
        schedule: null,
        optimizer,
        // Losses are in this process's memory after each step, and told together.
        onMetrics: (event) => void losses.push(...event.losses),
        onStep({ step }) {
          if (step === before) started = performance.now();
          if (step === before + steps) milliseconds = performance.now() - started;
        },
      });
      if (!captured) throw new Error('The steps of fit have not been captured.');
      return { milliseconds, losses };
    };
    return {
      async load(given) {
        dispose(batches.map(({ inputs, labels }) => [inputs, labels]));
        batches = given.map((batch) => ({ ...tfjsTensors.batch(batch), size: batch.size }));
      },
      train: (steps) => withKernels('all', () => train(steps)),
      async show(values) {
        images?.dispose();
        images = tfjsTensors.images(values);
      },
      predict: (times) =>
        withKernels('all', async () => {
          const started = performance.now();
          let probabilities = new Float32Array();
          for (let i = 0; i < times; i++) {
            const predicted = model.predict(images!);
            probabilities = (await predicted.data()) as Float32Array<ArrayBuffer>;
            predicted.dispose();
          }
          return { milliseconds: performance.now() - started, probabilities };
        }),
      async dispose() {
        dispose(batches.map(({ inputs, labels }) => [inputs, labels]));
        images?.dispose();
        optimizer.dispose();
        model.dispose();
      },
    };
  },
};
