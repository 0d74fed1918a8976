import type { instantiate } from '../generated/kernels';
import { pieces } from '../generated/modules';

/** The compiled kernels, by name. All addresses and sizes refer to the imported memory. */
export type KernelModule = Awaited<ReturnType<typeof instantiate>>;

/** The instructions of a module: `fixed` is 128-bit SIMD, and `relaxed` adds fused multiply-adds. */
export type SimdLevel = 'fixed' | 'relaxed';

const compiled = new Map<SimdLevel, WebAssembly.Module>();

/** A global that the kernels need and the environment lacks, if any; a browser in lockdown mode has no WebAssembly. */
export function missingGlobal(): string | undefined {
  return typeof WebAssembly !== 'object' ? 'WebAssembly' : undefined;
}

/** Whether this engine supports the instructions of a level. */
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

/** Links the module to a memory. */
export async function link(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<KernelModule> {
  return exportsOf(await WebAssembly.instantiate(module, importsFor(memory)));
}

/** Like {@link link}, but synchronous, which the main thread of Chrome before 114 refuses for modules of this size. */
export function linkNow(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelModule {
  return exportsOf(new WebAssembly.Instance(module, importsFor(memory)));
}

/**
 * The vectorized sine and cosine leave arguments beyond their range to the engine's own functions, which also draw noise, with
 * the bits of JavaScript.
 */
const importsFor = (memory: WebAssembly.Memory) => ({
  env: { memory, sin: Math.sin, cos: Math.cos, log: Math.log },
});

const exportsOf = ({ exports }: WebAssembly.Instance) => exports as unknown as KernelModule;

function bytesOf(level: SimdLevel): Uint8Array<ArrayBuffer> {
  const digits = pieces.map((piece) => piece[level]).join('');
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
