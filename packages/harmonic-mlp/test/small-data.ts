import { foldIn, randomKey, randomPermutation, randomUniform } from '@harmonic-mlp/core';
import { tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { Batch, BatchRequest, BatchSource } from '../src';

/** A source whose batches are there at once. */
interface SmallData extends BatchSource {
  inputs: Float32Array;
  labels: Int32Array;
  batches(request: BatchRequest): Iterable<Batch>;
}

/** Examples of `classes` classes: each is its class's random pattern with noise, so a small model can learn them. */
export function noisyPatterns({
  size,
  inputSize = 12,
  classes = 4,
  noise = 1,
  seed = 5,
}: {
  size: number;
  inputSize?: number;
  classes?: number;
  noise?: number;
  seed?: number;
}): SmallData {
  const patterns = randomUniform(foldIn(randomKey(1), 'patterns'), classes * inputSize);
  const noises = randomUniform(foldIn(randomKey(seed), 'noise'), size * inputSize);
  const labels = Int32Array.from({ length: size }, (_, i) => i % classes);
  const inputs = noises.map((value, i) => {
    const label = labels[Math.floor(i / inputSize)];
    return 2 * patterns[label * inputSize + (i % inputSize)] - 1 + noise * (value - 0.5);
  });
  return {
    size,
    inputSize,
    classes,
    inputs,
    labels,
    *batches({ batchSize, shuffle, start = 0 }) {
      const order = shuffle ? randomPermutation(shuffle, size) : Uint32Array.from(labels, (_, i) => i);
      for (let first = start * batchSize; first < size; first += batchSize) {
        const chosen = [...order.subarray(first, first + batchSize)];
        const rows = chosen.map((i) => [...inputs.subarray(i * inputSize, (i + 1) * inputSize)]);
        yield {
          inputs: tensor2d(rows),
          labels: tensor1d(
            chosen.map((i) => labels[i]),
            'int32',
          ),
          size: chosen.length,
        };
      }
    },
  };
}
