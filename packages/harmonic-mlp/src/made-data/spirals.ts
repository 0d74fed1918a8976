import { foldIn, randomUniform } from '@harmonic-mlp/core';
import type { MadeDataset } from './made-dataset';

/** The number of turns of a spiral. */
const turns = 1.75;

/** Two spirals around each other, as in TensorFlow Playground; their examples take turns. */
export const spirals: MadeDataset = {
  name: 'spirals',
  summary: 'two spirals around each other',
  task: 'classification',
  inputSize: 2,
  classes: 2,
  draw(count, key) {
    const radii = randomUniform(foldIn(key, 'radius'), count);
    const inputs = new Float32Array(2 * count);
    const targets = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const arm = i % 2;
      const angle = 2 * Math.PI * turns * radii[i] + Math.PI * arm;
      inputs[2 * i] = radii[i] * Math.sin(angle);
      inputs[2 * i + 1] = radii[i] * Math.cos(angle);
      targets[i] = arm;
    }
    return { inputs, targets };
  },
};
