import type { instantiate } from '../generated/kernels';
import { fixed, relaxed } from '../generated/modules';

/** The compiled kernels, by name. All addresses and sizes are of the imported memory. */
export type KernelModule = Awaited<ReturnType<typeof instantiate>>;

/** How a module computes: `fixed` with 128-bit SIMD, `relaxed` with fused multiply-adds besides. */
export type SimdLevel = 'fixed' | 'relaxed';

const modules: Record<SimdLevel, string> = { fixed, relaxed };
const compiled = new Map<SimdLevel, WebAssembly.Module>();

/** What of the environment the kernels need and do not find, if anything; a browser's lockdown mode has no WebAssembly. */
export function missingGlobal(): string | undefined {
  if (typeof WebAssembly !== 'object') return 'WebAssembly';
  return typeof atob !== 'function' ? 'atob' : undefined;
}

/** Whether this engine has the instructions of a level. */
export function supports(level: SimdLevel): boolean {
  if (missingGlobal() !== undefined) return false;
  return WebAssembly.validate(bytesOf(level));
}

/** The compiled module, compiled once. */
export async function compile(level: SimdLevel): Promise<WebAssembly.Module> {
  const module = compiled.get(level) ?? (await WebAssembly.compile(bytesOf(level)));
  compiled.set(level, module);
  return module;
}

/** The module at work on a memory. */
export async function link(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<KernelModule> {
  return exportsOf(await WebAssembly.instantiate(module, importsFor(memory)));
}

/** As {@link link}, at once: the main thread of browsers before Chrome 114 refuses it for modules of this size. */
export function linkNow(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelModule {
  return exportsOf(new WebAssembly.Instance(module, importsFor(memory)));
}

/** Arguments beyond the range of the vectorised sine and cosine are left to the engine's own. */
const importsFor = (memory: WebAssembly.Memory) => ({ env: { memory, sin: Math.sin, cos: Math.cos } });

const exportsOf = ({ exports }: WebAssembly.Instance) => exports as unknown as KernelModule;

function bytesOf(level: SimdLevel): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(modules[level]), (character) => character.charCodeAt(0));
}
