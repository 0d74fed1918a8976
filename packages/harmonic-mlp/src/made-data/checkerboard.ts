import { foldIn, randomUniform } from '@harmonic-mlp/core';
import type { MadeDataset } from './made-dataset';

/** A board of four by four squares in two colors. */
export const checkerboard: MadeDataset = {
  name: 'checkerboard',
  summary: 'the squares of a board of four by four',
  task: 'classification',
  inputSize: 2,
  classes: 2,
  draw(count, key) {
    const across = randomUniform(foldIn(key, 'x'), count);
    const up = randomUniform(foldIn(key, 'y'), count);
    const inputs = new Float32Array(2 * count);
    const targets = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      inputs[2 * i] = 2 * across[i] - 1;
      inputs[2 * i + 1] = 2 * up[i] - 1;
      targets[i] = (Math.floor(4 * across[i]) + Math.floor(4 * up[i])) % 2;
    }
    return { inputs, targets };
  },
};
