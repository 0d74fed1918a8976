// The context available to each @example of a docstring, so that it contains only what it demonstrates.
import { writeFile } from 'node:fs/promises';
import '@tensorflow/tfjs-backend-wasm';
import { softmaxCrossEntropy } from '@harmonic-mlp/core';
import { Adam } from '@harmonic-mlp/freq-optimizer';
import { HarmonicLayer } from '@harmonic-mlp/harmonic-layer';
import { loadDataset } from '@harmonic-mlp/mnist-data/node';
import * as tf from '@tensorflow/tfjs-core';
import { HarmonicMLP } from 'harmonic-mlp';

export { tf };

await tf.setBackend('wasm');

/** A thousand MNIST images to train with, and another thousand. */
const mnist = await loadDataset('mnist');
export const train = mnist.train.subset(0, 1000);
export const test = mnist.test.subset(0, 1000);
/** A model for such images. */
export const model = new HarmonicMLP({ hidden: [8], seed: 1 });

/** A layer, its loss on two examples, and an optimizer. */
export const layer = new HarmonicLayer({ inputSize: 2, units: 3, seed: 1 });
const inputs = tf.tensor2d([0, 1, 1, 0], [2, 2]);
const labels = tf.tensor1d([0, 2], 'int32');
export const loss = () => softmaxCrossEntropy({ logits: layer.apply(inputs), labels })[0];
export const optimizer = new Adam();

/** A canvas of 280 × 280 pixels with a black stroke on white. */
export const canvas = {
  getContext: () => ({
    getImageData(_left: number, _top: number, width: number, height: number) {
      const isInk = (pixel: number) =>
        Math.abs((pixel % width) - 140) < 10 && Math.abs(pixel / width - 140) < 80;
      const data = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) =>
        i % 4 < 3 && isInk(Math.floor(i / 4)) ? 0 : 255,
      );
      return { data, width, height };
    },
  }),
} as unknown as HTMLCanvasElement;

/** The checkpoint of a one-epoch run, as a file. */
await model.fit(train, {
  epochs: 1,
  onEpoch: async ({ checkpoint }) => writeFile('last.safetensors', await checkpoint()),
});

/** Files of two images of 2×2 pixels each, and of their labels. */
for (const part of ['train', 'test']) {
  const [images, kinds] = [`${part}-images.idx3`, `${part}-labels.idx1`];
  await writeFile(
    images,
    Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 9, 9, 0, 9, 0, 0, 9),
  );
  await writeFile(kinds, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 0));
}
