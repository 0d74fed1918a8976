import { type Scalar, stack } from '@tensorflow/tfjs-core';

/** The values of scalars, in one read of the backend. */
export async function read(scalars: readonly Scalar[]): Promise<Float32Array> {
  const stacked = stack([...scalars]);
  try {
    return await stacked.data<'float32'>();
  } finally {
    stacked.dispose();
  }
}
