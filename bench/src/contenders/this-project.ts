import { foldIn, randomKey, softmaxCrossEntropy } from '@harmonic-mlp/core';
import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { dispose } from '@tensorflow/tfjs-core';
import { createOptimizer, HarmonicMLP } from 'harmonic-mlp';
import type { Contender } from '../contender';
import { seed } from '../published-model';
import { inProcess } from './in-process';
import { tfjsTensors } from './tfjs-tensors';

/**
 * This project's model and optimizer.
 *
 * @param data the data set for an epoch.
 */
export function thisProject(data: LabeledDataset): Contender {
  return {
    name: 'harmonic-mlp',
    async create({ dropout, learningRate, weightDecay }) {
      // The weights that all contenders start from are the ones it draws itself.
      const model = new HarmonicMLP({ seed, dropout });
      const optimizer = createOptimizer(model, { learningRate, weightDecay });
      const variables = Object.values(model.parameters);
      let steps = 0;
      return inProcess({
        ...tfjsTensors,
        async step({ inputs, labels }) {
          const key = foldIn(randomKey(seed), steps++);
          const forward = () => softmaxCrossEntropy({ logits: model.trainingLogits(inputs, key), labels })[0];
          const loss = optimizer.minimize(forward, true, variables)!;
          const [value] = await loss.data();
          loss.dispose();
          return value;
        },
        async predict(images) {
          const probabilities = model.predict(images);
          const values = await probabilities.data<'float32'>();
          dispose(probabilities);
          return values;
        },
        async epoch() {
          const started = performance.now();
          await model.fit(data, { epochs: 1 });
          return performance.now() - started;
        },
        dispose() {
          optimizer.dispose();
          model.dispose();
        },
      });
    },
  };
}
