import type { instantiate } from '../generated/kernels';
import { fixed, relaxed } from '../generated/modules';

/** The compiled kernels, by name. All addresses and sizes are of the imported memory. */
export type KernelModule = Awaited<ReturnType<typeof instantiate>>;

/** How a module computes: `fixed` with 128-bit SIMD, `relaxed` with fused multiply-adds besides. */
export type SimdLevel = 'fixed' | 'relaxed';

const modules: Record<SimdLevel, string> = { fixed, relaxed };
const compiled = new Map<SimdLevel, WebAssembly.Module>();

/** Whether this engine has an instruction set. */
export function supports(level: SimdLevel): boolean {
  return WebAssembly.validate(bytesOf(level));
}

/** The compiled module, compiled once. */
export async function compile(level: SimdLevel): Promise<WebAssembly.Module> {
  const module = compiled.get(level) ?? (await WebAssembly.compile(bytesOf(level)));
  compiled.set(level, module);
  return module;
}

/** The module at work on a memory. */
export function link(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelModule {
  // Arguments beyond the range of the vectorised sine and cosine are left to the engine's own.
  const imports = { env: { memory, sin: Math.sin, cos: Math.cos } };
  return new WebAssembly.Instance(module, imports).exports as unknown as KernelModule;
}

function bytesOf(level: SimdLevel): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(modules[level]), (character) => character.charCodeAt(0));
}
