import { type KernelReport, requireOneOf, requireOptions } from '@harmonic-mlp/core';
import { setExecutor } from '@harmonic-mlp/core/program';
import { eagerKernel } from './eager';
import { webgpuExecutor } from './executor';
import type { TilePlace } from './lowering';
import { operationKernels } from './operations';
import { register, unregister } from './register';

export type { TilePlace } from './lowering';

/** Settings of `registerWebgpuKernels`. */
export interface WebgpuKernelOptions {
  /**
   * Where products keep the parts of their operands that they multiply: in memory that a `workgroup` shares, as is fast on graphics cards,
   * or each invocation in its `registers`, as is fast where a program emulates one. Default: by the device.
   */
  tiles?: TilePlace;
}

/**
 * Registers kernels in WGSL on the tfjs webgpu backend for the operations of `@harmonic-mlp/core`, for any program that uses them, in
 * Node and in browsers. Start the backend first.
 *
 * @returns the kernels that are active, and why the others are not, once their shaders have been compiled. If the backend lacks what they
 *   need, nothing changes, and one warning says why. Where a device cannot compile a shader, operations that need it are composed of
 *   tfjs's, and a warning says so.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if `tiles` is neither `workgroup` nor `registers`, or for an unknown option.
 * @example
 * ```ts
 * if (tf.getBackend() === 'webgpu') await registerWebgpuKernels();
 * ```
 */
export async function registerWebgpuKernels(options?: WebgpuKernelOptions): Promise<KernelReport> {
  const example = "registerWebgpuKernels({ tiles: 'workgroup' })";
  const { tiles } = requireOptions('options', options, example, { tiles: true });
  if (tiles !== undefined) requireOneOf('tiles', tiles, ['workgroup', 'registers']);
  const report = await register(kernels, tiles);
  if (report.active.length > 0) setExecutor('webgpu', webgpuExecutor);
  return report;
}

/** Restores the kernels that {@link registerWebgpuKernels} replaced. */
export function unregisterWebgpuKernels(): void {
  setExecutor('webgpu', undefined);
  unregister();
}

const kernels = /* @__PURE__ */ operationKernels.map(eagerKernel);
