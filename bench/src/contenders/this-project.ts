import { foldIn, randomKey, softmaxCrossEntropy, squaredError } from '@harmonic-mlp/core';
import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { createOptimizer, HarmonicMLP } from 'harmonic-mlp';
import type { Contender } from '../contender';
import { seed } from '../network';
import { predict } from './fit';
import { inProcess } from './in-process';
import { labelsOf, numbersOf, tfjsTensors } from './tfjs-tensors';

/**
 * This project's model and optimizer, with each operation of a step run by tfjs.
 *
 * @param data the data set for an epoch.
 */
export function thisProject(data: LabeledDataset): Contender {
  return {
    name: 'harmonic-mlp, uncaptured',
    predictsAlike: true,
    async create({ network, dropout, learningRate, weightDecay }) {
      // The weights that all contenders start from are the ones it draws itself.
      const model = new HarmonicMLP({ ...network.options, seed, dropout });
      const optimizer = createOptimizer(model, { learningRate, weightDecay });
      const variables = Object.values(model.parameters);
      let steps = 0;
      return inProcess({
        ...tfjsTensors(network),
        async step(batch) {
          const key = foldIn(randomKey(seed), steps++);
          const forward = () => {
            const outputs = model.trainingLogits(batch.inputs, key);
            return network.task === 'classification'
              ? softmaxCrossEntropy({ logits: outputs, labels: labelsOf(batch) })[0]
              : squaredError({ outputs, targets: numbersOf(batch) })[0];
          };
          const loss = optimizer.minimize(forward, true, variables)!;
          const [value] = await loss.data();
          loss.dispose();
          return value;
        },
        predict: (inputs) => predict(model, inputs),
        async epoch() {
          const started = performance.now();
          await model.fit(data, { epochs: 1, capture: false });
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
