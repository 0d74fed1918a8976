import type { instantiate } from '../generated/kernels';
import { barrierDigits, memoryLimits, pieces } from '../generated/modules';

/** The compiled kernels, by name. All addresses and sizes refer to the imported memory. */
export type KernelModule = Awaited<ReturnType<typeof instantiate>>;

/** The instructions of a module: `fixed` is 128-bit SIMD, and `relaxed` adds fused multiply-adds. */
export type SimdLevel = 'fixed' | 'relaxed';

/** The last arguments of a kernel that can be divided, for a call that computes everything: part 0 of 1. */
export const alone = [0, 1] as const;

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

/** The modules for a memory that threads share: that of the kernels, and that of the barrier. */
export interface ThreadModules {
  readonly kernels: WebAssembly.Module;
  readonly barrier: WebAssembly.Module;
}

const forThreads = new Map<SimdLevel, ThreadModules>();

/** The compiled modules for threads, compiled once: what an engine has optimized serves later threads too. */
export async function compileForThreads(level: SimdLevel): Promise<ThreadModules> {
  const known = forThreads.get(level);
  if (known !== undefined) return known;
  const bytes = bytesOf(level);
  bytes.set(sharedLimits, memoryLimits[level]);
  const [kernels, barrier] = await Promise.all(
    [bytes, bytesIn(barrierDigits)].map((each) => WebAssembly.compile(each)),
  );
  const modules = { kernels, barrier };
  forThreads.set(level, modules);
  return modules;
}

/** The largest number of pages of a memory, 4 GiB. */
export const mostPages = 65536;

/** Shared, at least 0 pages, at most {@link mostPages}. */
const sharedLimits = [3, 0, 0x80, 0x80, 4];

/** Links the module to a memory. */
export async function link(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<KernelModule> {
  return exportsOf(await WebAssembly.instantiate(module, importsFor(memory)));
}

/** Like {@link link}, but synchronous, which the main thread of Chrome before 114 refuses for modules of this size. */
export function linkNow(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelModule {
  return exportsOf(new WebAssembly.Instance(module, importsFor(memory)));
}

/**
 * The vectorized sine and cosine leave arguments beyond their range to the engine's own functions. Programs of one thread have no
 * barriers.
 */
const importsFor = (memory: WebAssembly.Memory) => ({
  env: { memory, sin: Math.sin, cos: Math.cos, barrier: () => 1 },
});

const exportsOf = ({ exports }: WebAssembly.Instance) => exports as unknown as KernelModule;

const bytesOf = (level: SimdLevel): Uint8Array<ArrayBuffer> =>
  bytesIn(pieces.map((piece) => piece[level]).join(''));

/** The bytes that hexadecimal digits stand for. */
function bytesIn(digits: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
