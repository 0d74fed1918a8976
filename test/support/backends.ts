import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {
  registerWasmKernels,
  type SimdLevel,
  supportsSimd,
  unregisterWasmKernels,
} from '@harmonic-mlp/wasm-kernels';
import { registerWebgpuKernels, unregisterWebgpuKernels } from '@harmonic-mlp/webgpu-kernels';
import { enableProdMode, memory, ready, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Tolerance } from './allclose';

// Keeps the cpu backend from advertising another package in the middle of the output.
enableProdMode();

declare module 'vitest' {
  interface ProvidedContext {
    /** For the tests that belong in a browser: why there is none, and whether that is a failure. */
    chromium?: { missing?: string; required: boolean };
    /** For the tests that need TensorFlow, which has started before them. */
    tensorflow?: boolean;
    /** For runs that repeat the tests very often: the name of the only row. */
    onlyBackend?: string;
  }
}

/** What a suite can query about a backend. */
interface Traits {
  /** The tolerances for values that involve its sine or cosine, if they differ from those for all other values. */
  waves?: {
    results: Tolerance;
    gradients: Tolerance;
    /** After some steps of training. */
    trained: { weights: Tolerance; logits: Tolerance };
  };
  /** The tolerance for normal noise, if its bits may differ. */
  noise?: Tolerance;
}

interface Row extends Traits {
  name: string;
  /** The backend's name in tfjs. */
  backend: 'cpu' | 'wasm' | 'webgl' | 'webgpu' | 'tensorflow';
  /** The project of vitest.config.ts in which it runs, or vitest.tensorflow.config.ts. Default: the Node project. */
  where?: 'chromium' | 'tensorflow';
  /** In the Node project, the test files that it applies to. Default: all. */
  files?: RegExp;
  /** The build of the kernel package that is registered while it runs. Default: none. */
  kernels?: SimdLevel | 'wgsl';
}

// SwiftShader, Chromium's software graphics, uses a short polynomial for the sine, with an error of up to 1.9e-4 in these
// suites. This makes gradients off by up to 4.3e-4 of their largest entry, and small entries by up to 7.1e-5 of it, because
// the terms of a sum may cancel while their errors do not. Training adds up to 6.2e-5 to weights in 20 steps, and 5.0e-4 to
// the logits of such a model. WGSL allows a sine to be off by 2^-11, or 4.9e-4, and GLSL by any amount.
const swiftShader = {
  waves: {
    results: { absolute: 2.5e-4 },
    gradients: { relative: 5e-4, floor: 1e-4 },
    trained: { weights: { relative: 0, absolute: 1e-4 }, logits: { relative: 0, absolute: 6e-4 } },
  },
} as const;

/** WGSL lets devices round quotients and roots as they like. */
const lastBit: Tolerance = { relative: 1.2e-7 };

/** The backends on which every suite runs. A kernel package or a GPU backend is one more row. */
export const backends: readonly Row[] = [
  { name: 'cpu', backend: 'cpu' },
  { name: 'wasm', backend: 'wasm' },
  { name: 'wasm with kernels', backend: 'wasm', kernels: 'fixed' },
  { name: 'wasm with kernels, relaxed SIMD', backend: 'wasm', kernels: 'relaxed' },
  { name: 'webgl', backend: 'webgl', where: 'chromium', ...swiftShader },
  { name: 'webgpu', backend: 'webgpu', where: 'chromium', ...swiftShader },
  { name: 'webgpu with kernels', backend: 'webgpu', where: 'chromium', kernels: 'wgsl', noise: lastBit },
  // Those that do not read tensors synchronously, which webgpu cannot do.
  {
    name: 'webgpu with kernels in Node',
    backend: 'webgpu',
    files: /packages.(core|freq-|harmonic-layer)|trajectory/,
    kernels: 'wgsl',
    noise: lastBit,
  },
  {
    name: 'webgpu in Node',
    backend: 'webgpu',
    files: /packages.(core|freq-|harmonic-layer)|trajectory/,
    ...swiftShader,
  },
  { name: 'tensorflow', backend: 'tensorflow', where: 'tensorflow' },
];

const chromium = inject('chromium');
const here = chromium !== undefined ? 'chromium' : inject('tensorflow') ? 'tensorflow' : undefined;
const only = inject('onlyBackend');

/** The rows for the test file that is running. */
function rowsOfFile(): Row[] {
  const { testPath = '' } = expect.getState();
  return backends.filter(
    ({ name, where, files }) =>
      where === here && (files?.test(testPath) ?? true) && (only === undefined || name === only),
  );
}

/** Why rows cannot run, if they cannot. */
const missing = new Map<Row, Promise<string | undefined>>();

/** Starts what a row needs, once for all files of a process, or returns why it cannot run. */
function whyMissing(row: Row): Promise<string | undefined> {
  const reason = missing.get(row) ?? findMissing(row);
  missing.set(row, reason);
  return reason;
}

async function findMissing({ backend, kernels, where }: Row): Promise<string | undefined> {
  if (chromium?.missing !== undefined) return chromium.missing;
  // Only where needed, because these packages take a while to load.
  if (backend === 'webgl' || backend === 'webgpu') {
    if (where === 'chromium') return (await import('./gpu-backends')).missingGraphics(backend);
    return (await import('./webgpu-in-node')).missingWebgpu();
  }
  return kernels === undefined || kernels === 'wgsl' || supportsSimd(kernels)
    ? undefined
    : 'which this engine lacks';
}

/** Whether it is a failure if a row cannot run. */
const isRequired = ({ backend, where }: Row): boolean | undefined =>
  where === 'chromium' ? chromium?.required : backend === 'webgpu' && Boolean(process.env.REQUIRE_WEBGPU);

/**
 * Runs a suite once on each backend, and checks that it leaves no tensors behind. A row is skipped if the engine lacks its
 * instructions, or if its browser or graphics are missing, unless they are required.
 */
export function describeOnEachBackend(
  name: string,
  suite: (backend: Row['backend'], traits: Traits) => void,
): void {
  describe(name, async () => {
    for (const row of rowsOfFile()) {
      const reason = await whyMissing(row);
      const title = `on ${row.name}`;
      if (reason !== undefined && isRequired(row)) {
        it(title, () => expect.fail(reason));
        continue;
      }
      describe.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (${reason})`, () => {
        let tensorsBefore = 0;
        beforeAll(async () => {
          await useBackend(row);
          tensorsBefore = memory().numTensors;
        });
        afterAll(() => {
          unregisterWasmKernels();
          unregisterWebgpuKernels();
          expect(memory().numTensors, 'tensors left behind by the suite').toBe(tensorsBefore);
        });
        suite(row.backend, row);
      });
    }
  });
}

/** Activates a row's backend; the caller unregisters the kernels. */
export async function useBackend({ backend, kernels }: Omit<Row, 'name'>): Promise<void> {
  expect(await setBackend(backend), `tfjs could start ${backend}`).toBe(true);
  await ready();
  if (kernels === undefined) return;
  if (kernels === 'wgsl') {
    expect((await registerWebgpuKernels()).inactive, 'the kernels that are not in use').toEqual([]);
    return;
  }
  const report = await registerWasmKernels({ simd: kernels });
  expect(report, 'the registration of the kernels').toMatchObject({ simd: kernels, inactive: [] });
  expect(report.active, 'the active kernels').toContain('HarmonicMLP.Harmonic');
}
