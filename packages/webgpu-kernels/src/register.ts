import { KernelRegistry, type KernelReplacement, type KernelReport } from '@harmonic-mlp/core';
import { engine } from '@tensorflow/tfjs-core';
import type { TilePlace } from './lowering';
import { brokenShaders, compile } from './pipelines';
import { leaveReads, readsOf } from './program/reads';
import { definedShaders } from './shader';
import { chooseTiles, objectionTo, tilesOf, type WebgpuBackend } from './webgpu-backend';

const registry = new KernelRegistry({ backend: 'webgpu', owner: '@harmonic-mlp/webgpu-kernels' });
const warned = new Set<string>();

/** How often {@link unregister} has been called. */
let unregistrations = 0;

/** Registers kernels in place of the current ones, once the shaders have been compiled. */
export async function register(
  kernels: readonly KernelReplacement[],
  tiles: TilePlace | undefined,
): Promise<KernelReport> {
  const backend = startedBackend();
  if (backend === undefined) return refuse(kernels, 'the webgpu backend has not been started.');
  const objection = objectionTo(backend);
  if (objection !== undefined) return refuse(kernels, objection);
  chooseTiles(tiles);
  const asked = unregistrations;
  // A program that emulates a card compiles whatever is right, one after the other, and takes long: it compiles what is used.
  if (tilesOf(backend) === 'workgroup') await compile(backend.device, definedShaders());
  if (asked !== unregistrations)
    return refuse(kernels, 'unregisterWebgpuKernels was called in the meantime.');
  if (backend !== startedBackend()) return refuse(kernels, 'the webgpu backend was removed in the meantime.');
  for (const [{ name }, reason] of brokenShaders(backend.device))
    warn(
      `@harmonic-mlp/webgpu-kernels: this device cannot compile the shader ${name} (${reason}), so what needs it is composed of tfjs's operations.`,
    );
  readsOf(backend);
  return registry.replace(kernels);
}

/** Restores the kernels that {@link register} replaced. */
export function unregister(): void {
  unregistrations += 1;
  registry.restore();
  const backend = startedBackend();
  if (backend !== undefined) leaveReads(backend);
}

/** Whether a kernel is in use. */
export const isActive = (kernelName: string): boolean => registry.report([kernelName]).active.length > 0;

/** The webgpu backend, if it has been started; `findBackend` would start it. */
export const startedBackend = (): WebgpuBackend | undefined =>
  engine().registry.webgpu as unknown as WebgpuBackend | undefined;

/** Changes nothing: kernels of an earlier call stay active. */
function refuse(kernels: readonly KernelReplacement[], reason: string): KernelReport {
  warn(`@harmonic-mlp/webgpu-kernels changes nothing: ${reason}`);
  const { active, inactive } = registry.report(kernels.map(({ kernelName }) => kernelName));
  return { active, inactive: inactive.map(({ kernel }) => ({ kernel, reason })) };
}

/** Warns once. */
function warn(text: string): void {
  if (warned.has(text)) return;
  warned.add(text);
  console.warn(text);
}
