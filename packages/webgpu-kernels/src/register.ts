import { KernelRegistry, type KernelReplacement, type KernelReport } from '@harmonic-mlp/core';
import { engine } from '@tensorflow/tfjs-core';
import { objectionTo, type WebgpuBackend } from './webgpu-backend';

const registry = new KernelRegistry({ backend: 'webgpu', owner: '@harmonic-mlp/webgpu-kernels' });
const warned = new Set<string>();

/** Registers kernels in place of the current ones. */
export function register(kernels: readonly KernelReplacement[]): KernelReport {
  const backend = startedBackend();
  const objection = backend === undefined ? 'the webgpu backend has not been started.' : objectionTo(backend);
  return objection === undefined ? registry.replace(kernels) : refuse(kernels, objection);
}

/** Restores the kernels that {@link register} replaced. */
export const unregister = (): void => registry.restore();

/** Whether a kernel is in use. */
export const isActive = (kernelName: string): boolean => registry.report([kernelName]).active.length > 0;

/** The webgpu backend, if it has been started; `findBackend` would start it. */
export const startedBackend = (): WebgpuBackend | undefined =>
  engine().registry.webgpu as unknown as WebgpuBackend | undefined;

/** Changes nothing: kernels of an earlier call stay active. */
function refuse(kernels: readonly KernelReplacement[], reason: string): KernelReport {
  if (!warned.has(reason)) {
    warned.add(reason);
    console.warn(`@harmonic-mlp/webgpu-kernels changes nothing: ${reason}`);
  }
  const { active, inactive } = registry.report(kernels.map(({ kernelName }) => kernelName));
  return { active, inactive: inactive.map(({ kernel }) => ({ kernel, reason })) };
}
