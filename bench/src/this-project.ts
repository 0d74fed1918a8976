import { foldIn, randomKey, softmaxCrossEntropy } from '@harmonic-mlp/core';
import { createOptimizer, HarmonicMLP } from 'harmonic-mlp';
import type { Contender } from './contender';

/** This project's model and optimizer. */
export function thisProject(): Contender {
  const model = new HarmonicMLP();
  const optimizer = createOptimizer(model);
  const variables = Object.values(model.parameters);
  let steps = 0;
  return {
    name: 'harmonic-mlp',
    async step(inputs, labels) {
      const key = foldIn(randomKey(0), steps++);
      const forward = () => softmaxCrossEntropy({ logits: model.trainingLogits(inputs, key), labels })[0];
      const loss = optimizer.minimize(forward, true, variables);
      const [value] = await loss!.data();
      loss!.dispose();
      return value;
    },
  };
}
