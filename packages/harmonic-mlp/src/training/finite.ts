import { stack, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';

/** Whether all values of all tensors are finite, judged by their sums. */
export async function areFinite(tensors: readonly Tensor[]): Promise<boolean> {
  const sums = tidy(() => stack(tensors.map((each) => sum(each))));
  try {
    return (await sums.data()).every(Number.isFinite);
  } finally {
    sums.dispose();
  }
}
