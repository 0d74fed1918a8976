import { env } from '@tensorflow/tfjs-core';

/** Has the webgpu backend compute everything itself, and in time without a graphics card. */
export function setWebgpuFlags(): void {
  // tfjs would run small computations, which are most of those in tests, on the cpu backend instead.
  env().set('WEBGPU_CPU_FORWARD', false);
  // It would give each element of a small product a workgroup of 256, which takes SwiftShader up to a millisecond. 3 is the
  // program for large products, in tiles.
  env().set('WEBGPU_MATMUL_PROGRAM_TYPE', 3);
}
