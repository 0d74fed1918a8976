import { concat, reshape, type Tensor, tidy } from '@tensorflow/tfjs-core';

/** The values of tensors, one after the other, in one read of the backend. */
export async function read(tensors: readonly Tensor[]): Promise<Float32Array> {
  const joined = tidy(() => concat(tensors.map((tensor) => reshape(tensor, [tensor.size]))));
  try {
    return (await joined.data()) as Float32Array;
  } finally {
    joined.dispose();
  }
}

/** Values as {@link read} gives them, in groups of the sizes of the tensors. */
export function grouped(values: Float32Array, tensors: readonly Tensor[]): number[][] {
  let from = 0;
  return tensors.map(({ size }) => {
    from += size;
    return Array.from(values.subarray(from - size, from));
  });
}
