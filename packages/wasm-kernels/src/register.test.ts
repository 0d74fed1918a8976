import '@tensorflow/tfjs-backend-wasm';
import { dense } from '@harmonic-mlp/core';
import {
  findBackend,
  findBackendFactory,
  getKernel,
  getKernelsForBackend,
  type KernelBackend,
  type KernelConfig,
  memory,
  ones,
  type Rank,
  ready,
  registerBackend,
  registerKernel,
  removeBackend,
  setBackend,
  sin,
  sum,
  tidy,
  unregisterKernel,
  zeros,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerWasmKernels, unregisterWasmKernels } from './index';
import { supports } from './kernel-module';
import * as stock from './stock';
import type { WasmBackend } from './wasm-backend';

const backend = () => findBackend('wasm') as unknown as WasmBackend;
const registry = () => new Map(getKernelsForBackend('wasm').map((config) => [config.kernelName, config]));
const denseOfOnes = (size: number) =>
  tidy(() => [...dense({ x: ones<Rank.R2>([2, size]), kernel: ones<Rank.R2>([size, 2]) }).dataSync()]);

type Factory = Parameters<typeof registerBackend>[1];

function removeWasm(): Factory {
  const factory = findBackendFactory('wasm');
  removeBackend('wasm');
  return factory;
}

async function startWasm(factory: Factory): Promise<void> {
  registerBackend('wasm', factory, 2);
  await setBackend('wasm');
}

/** The names of the kernels that have changed. */
function changes(earlier: Map<string, KernelConfig>): string[] {
  const now = registry();
  return [...new Set([...earlier.keys(), ...now.keys()])].filter(
    (name) => earlier.get(name) !== now.get(name),
  );
}

let warnings: ReturnType<typeof vi.spyOn>;
beforeEach(async () => {
  await setBackend('wasm');
  warnings = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  unregisterWasmKernels();
  vi.restoreAllMocks();
});

describe('registerWasmKernels', () => {
  it('replaces kernels, says which, and unregisterWasmKernels puts the earlier ones back', async () => {
    denseOfOnes(3); // Now the composed form is the kernel.
    const earlier = registry();
    expect(earlier.has(dense.kernelName)).toBe(true);
    const { simd, active, inactive } = await registerWasmKernels();
    expect(simd).toBe(supports('relaxed') ? 'relaxed' : 'fixed');
    expect(inactive).toEqual([]);
    expect(active).toContain(dense.kernelName);
    expect(active).toContain('Sin');
    expect(changes(earlier).sort()).toEqual([...active].sort());
    expect(denseOfOnes(3)).toEqual([3, 3, 3, 3]);
    unregisterWasmKernels();
    expect(changes(earlier)).toEqual([]);
    expect(denseOfOnes(3)).toEqual([3, 3, 3, 3]);
    expect(warnings).not.toHaveBeenCalled();
  });

  it('of /stock replaces stock kernels alone', async () => {
    const earlier = registry();
    const { active } = await stock.registerWasmKernels();
    expect(active.filter((name) => name.startsWith('HarmonicMLP'))).toEqual([]);
    expect(changes(earlier).sort()).toEqual([...active].sort());
    stock.unregisterWasmKernels();
    expect(changes(earlier)).toEqual([]);
  });

  it('may be called again, and after that of /stock', async () => {
    const earlier = registry();
    await stock.registerWasmKernels();
    const { active } = await registerWasmKernels();
    const between = registry();
    expect(await registerWasmKernels()).toMatchObject({ active });
    expect(changes(between)).toEqual([]);
    unregisterWasmKernels();
    unregisterWasmKernels();
    expect(changes(earlier)).toEqual([]);
  });

  it('leaves what somebody else has put over its kernels', async () => {
    const stockSin = getKernel('Sin', 'wasm');
    await registerWasmKernels();
    unregisterKernel('Sin', 'wasm');
    const theirs: KernelConfig = { kernelName: 'Sin', backendName: 'wasm', kernelFunc: () => [] };
    registerKernel(theirs);
    unregisterWasmKernels();
    expect(getKernel('Sin', 'wasm')).toBe(theirs);
    unregisterKernel('Sin', 'wasm');
    registerKernel(stockSin);
  });

  it('unregistered, does not go on in a kernel that somebody else has wrapped around one of its own', async () => {
    const stockSin = getKernel('Sin', 'wasm');
    const called = vi.spyOn(stockSin, 'kernelFunc');
    await registerWasmKernels();
    const ours = getKernel('Sin', 'wasm');
    unregisterKernel('Sin', 'wasm');
    registerKernel({ ...ours, kernelFunc: (call) => ours.kernelFunc(call) });
    const sines = () => tidy(() => [...sin(zeros([4])).dataSync()]);
    expect(sines()).toEqual([0, 0, 0, 0]);
    expect(called).not.toHaveBeenCalled();
    unregisterWasmKernels();
    const allocated = vi.spyOn(backend().wasm, '_malloc');
    expect(sines()).toEqual([0, 0, 0, 0]);
    expect(called).toHaveBeenCalledOnce();
    // The scratch memory of the kernels is 1.3 MB.
    expect(allocated.mock.calls.filter(([bytes]) => bytes > 1000)).toEqual([]);
    unregisterKernel('Sin', 'wasm');
    registerKernel(stockSin);
  });

  it('and another copy of it, as ESM and CJS in one program, leave the stock kernels behind', async () => {
    const earlier = registry();
    vi.resetModules();
    const copy: typeof import('./index') = await import('./index');
    expect(copy.registerWasmKernels).not.toBe(registerWasmKernels);
    for (const [first, second] of [
      [copy.unregisterWasmKernels, unregisterWasmKernels],
      [unregisterWasmKernels, copy.unregisterWasmKernels],
    ]) {
      await copy.registerWasmKernels();
      await registerWasmKernels();
      first();
      expect(denseOfOnes(5)).toEqual([5, 5, 5, 5]);
      second();
      expect(changes(earlier)).toEqual([]);
    }
  });

  it.each(['fixed', 'relaxed'] as const)('uses %s SIMD where it is told to', async (simd) => {
    const report = await registerWasmKernels({ simd });
    if (supports(simd)) {
      expect(report.simd).toBe(simd);
      expect(denseOfOnes(70)).toEqual([70, 70, 70, 70]);
    } else {
      expect(report).toMatchObject({ simd: undefined, active: [] });
      expect(report.inactive[0].reason).toBe(`this engine has no ${simd} WebAssembly SIMD.`);
    }
  });

  it('changes nothing without WebAssembly, and says so', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const earlier = registry();
    vi.stubGlobal('WebAssembly', undefined);
    try {
      expect(['fixed', 'relaxed'].map((level) => supports(level as 'fixed'))).toEqual([false, false]);
      const report = await registerWasmKernels();
      expect(report).toMatchObject({ simd: undefined, active: [] });
      expect(report.inactive[0].reason).toBe('this environment has no WebAssembly.');
    } finally {
      vi.unstubAllGlobals();
      warn.mockRestore();
    }
    expect(changes(earlier)).toEqual([]);
  });

  it('does not register what has been unregistered meanwhile', async () => {
    const earlier = registry();
    const registration = registerWasmKernels();
    unregisterWasmKernels();
    expect(await registration).toMatchObject({
      active: [],
      inactive: expect.arrayContaining([
        { kernel: 'Sin', reason: 'unregisterWasmKernels was called in the meantime.' },
      ]),
    });
    expect(changes(earlier)).toEqual([]);
  });

  it('leaves alone what a build of tfjs lacks', async () => {
    const lacking = getKernel('Sqrt', 'wasm');
    unregisterKernel('Sqrt', 'wasm');
    const { inactive } = await registerWasmKernels();
    expect(inactive).toEqual([{ kernel: 'Sqrt', reason: 'the wasm backend has no kernel of this name.' }]);
    expect(getKernel('Sqrt', 'wasm')).toBeUndefined();
    registerKernel(lacking);
  });

  it('refuses instructions that there are not', async () => {
    await expect(registerWasmKernels({ simd: 'avx' as never })).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('simd') }),
    );
  });

  it('refuses options of other names', async () => {
    await expect(registerWasmKernels({ simdLevel: 'fixed' } as never)).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'simdLevel' }),
    );
  });

  it('keeps no tensor, and gives its memory back', async () => {
    const { numTensors } = memory();
    const freed = vi.spyOn(backend().wasm, '_free');
    await registerWasmKernels();
    denseOfOnes(5);
    freed.mockClear();
    unregisterWasmKernels();
    expect(freed).toHaveBeenCalledOnce();
    expect(memory().numTensors).toBe(numTensors);
  });

  it('goes on with a backend that is started again', async () => {
    await registerWasmKernels();
    expect(denseOfOnes(5)).toEqual([5, 5, 5, 5]);
    const first = backend();
    await startWasm(removeWasm());
    expect(backend()).not.toBe(first);
    expect(denseOfOnes(6)).toEqual([6, 6, 6, 6]);
    // Calls left to tfjs's own kernels, and those kernels themselves, also use the new backend.
    const sums = () => tidy(() => [...sum(ones([2, 3]), 1).dataSync()]);
    expect(sums()).toEqual([3, 3]);
    unregisterWasmKernels();
    expect(sums()).toEqual([3, 3]);
    expect(denseOfOnes(7)).toEqual([7, 7, 7, 7]);
  });
});

describe('where the backend is not as the kernels expect', () => {
  const cases: [string, (wasm: WasmBackend['wasm']) => object, string][] = [
    ['has no memory', () => ({ asm: {} }), 'its heap differs from that of 4.8 to 4.22.'],
    [
      'has another memory',
      () => ({ asm: { memory: new WebAssembly.Memory({ initial: 1 }) } }),
      'its heap differs from that of 4.8 to 4.22.',
    ],
    ['has no _malloc', () => ({ _malloc: undefined }), 'its wasm._malloc differs from that of 4.8 to 4.22.'],
    ['has no _free', () => ({ _free: undefined }), 'its wasm._free differs from that of 4.8 to 4.22.'],
    [
      'runs threads',
      () => ({ HEAPU8: new Uint8Array(new SharedArrayBuffer(8)) }),
      "Call tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false) before it starts.",
    ],
    ['has no memory left', () => ({ _malloc: () => 0 }), 'the wasm heap has no memory left for them.'],
  ];

  it.each(cases)('changes nothing and says so once: %s', async (name, change, reason) => {
    const earlier = registry();
    const real = backend().wasm;
    (backend() as { wasm: object }).wasm = Object.assign(Object.create(real), change(real));
    try {
      const report = await registerWasmKernels();
      expect(report).toMatchObject({ simd: undefined, active: [] });
      expect(report.inactive.map(({ kernel }) => kernel)).toContain('Sin');
      for (const { reason: given } of report.inactive) expect(given).toContain(reason);
      await registerWasmKernels();
      expect(changes(earlier)).toEqual([]);
    } finally {
      (backend() as { wasm: object }).wasm = real;
    }
    // The same reason is reported once: the second case has the reason of the first.
    const told = warnings.mock.calls.filter((call: unknown[]) => String(call[0]).includes(reason));
    expect(told.length).toBe(name === 'has another memory' ? 0 : 1);
  });

  it('says how to start a backend that is not there, and does not start it', async () => {
    const factory = removeWasm();
    let started = 0;
    registerBackend('wasm', () => {
      started += 1;
      return factory();
    });
    const report = await registerWasmKernels();
    expect(started).toBe(0);
    removeBackend('wasm');
    expect(report.inactive[0].reason).toBe(
      "tfjs's wasm backend has not been started. Import @tensorflow/tfjs-backend-wasm and await tf.setBackend('wasm') first.",
    );
    expect(warnings).toHaveBeenCalledOnce();
    await startWasm(factory);
  });

  it.each([
    ['setBackend', () => setBackend('wasm')],
    ['ready, which takes another backend', () => ready()],
  ])('tells a start that is under way from one that has failed: by %s', async (_, start) => {
    const factory = removeWasm();
    let fail = (_: Error) => {};
    registerBackend('wasm', () => new Promise((_, reject) => (fail = reject)), 2);
    registerBackend('other', () => ({ dispose() {} }) as KernelBackend, 1);
    const whyNot = async () => (await registerWasmKernels()).inactive[0].reason;
    try {
      const started = start();
      expect(await whyNot()).toBe(
        "tfjs's wasm backend is still starting: await tf.setBackend('wasm') or tf.ready() first.",
      );
      fail(new Error('Aborted'));
      await started;
      const reason = await whyNot();
      expect(reason).toContain('could not start: its .wasm files were not found');
      expect(reason).toContain('call setWasmPaths of @tensorflow/tfjs-backend-wasm');
      // Even if the program has continued with another backend.
      await setBackend('other');
      expect(await whyNot()).toBe(reason);

      vi.spyOn(performance, 'getEntriesByType').mockReturnValue([
        { name: 'http://localhost/a.js' },
        { name: 'http://localhost/deps/tfjs-backend-wasm-simd.wasm' },
      ] as PerformanceEntryList);
      expect(await whyNot()).toContain('not found at http://localhost/deps/tfjs-backend-wasm-simd.wasm.');
    } finally {
      for (const name of ['other', 'wasm']) removeBackend(name);
      await startWasm(factory);
    }
  });

  it('says where a page forbids WebAssembly', async () => {
    vi.resetModules();
    const { registerWasmKernels: fresh } = await import('./index');
    const factory = removeWasm();
    registerBackend('wasm', async () => Promise.reject(new Error('Aborted')));
    // Another backend whose start takes time: that one has begun does not reveal which.
    registerBackend('webgpu', () => Promise.reject());
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new WebAssembly.CompileError('disallowed'));
    try {
      await setBackend('wasm');
      const { inactive } = await fresh();
      expect(inactive[0].reason).toBe(
        "tfjs's wasm backend could not start, because this page is not allowed to compile WebAssembly (disallowed). Add 'wasm-unsafe-eval' to script-src in its Content-Security-Policy.",
      );
    } finally {
      for (const name of ['webgpu', 'wasm']) removeBackend(name);
      vi.restoreAllMocks();
      await startWasm(factory);
    }
  });
});
