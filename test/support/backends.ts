import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {
  registerWasmKernels,
  type SimdLevel,
  supportsSimd,
  unregisterWasmKernels,
} from '@harmonic-mlp/wasm-kernels';
import { enableProdMode, memory, ready, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Tolerance } from './allclose';

// Keeps the cpu backend from advertising another package in the middle of the results.
enableProdMode();

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the tests that belong in a browser: why there is none, and whether that is a failure. */
    chromium?: { missing?: string; required: boolean };
    /** Of the tests that need TensorFlow, which has started before them. */
    tensorflow?: boolean;
    /** Of runs that repeat the tests very often: the name of the only row. */
    onlyBackend?: string;
  }
}

/** What a suite may ask of a backend. */
interface Traits {
  /** How near values come that its sine or cosine is in, where that is not as near as all others. */
  waves?: {
    results: Tolerance;
    gradients: Tolerance;
    /** After some steps of training. */
    trained: { weights: Tolerance; logits: Tolerance };
  };
}

interface Row extends Traits {
  name: string;
  /** What tfjs calls the backend. */
  backend: 'cpu' | 'wasm' | 'webgl' | 'webgpu' | 'tensorflow';
  /** In which project of vitest.config.ts it runs, or under vitest.tensorflow.config.ts; by default in Node's. */
  where?: 'chromium' | 'tensorflow';
  /** In Node's, the test files that it is for; by default all. */
  files?: RegExp;
  /** Which build of the package of kernels is registered meanwhile; none by default. */
  kernels?: SimdLevel;
}

// SwiftShader, Chromium's graphics without a card, has a short polynomial for a sine: off by 1.9e-4 at worst in these
// suites, by which gradients are off by up to 4.3e-4 of their largest entry, and small entries by up to 7.1e-5 of that,
// since the terms of a sum cancel and their errors need not; training adds up to 6.2e-5 to weights in 20 steps, and 5.0e-4
// to the logits of such a model. WGSL allows a sine to be off by 2^-11, or 4.9e-4, and GLSL by anything.
const swiftShader = {
  waves: {
    results: { absolute: 2.5e-4 },
    gradients: { relative: 5e-4, floor: 1e-4 },
    trained: { weights: { relative: 0, absolute: 1e-4 }, logits: { relative: 0, absolute: 6e-4 } },
  },
} as const;

/** The backends on which every suite runs. A kernel package or a GPU backend is one more row. */
export const backends: readonly Row[] = [
  { name: 'cpu', backend: 'cpu' },
  { name: 'wasm', backend: 'wasm' },
  { name: 'wasm with kernels', backend: 'wasm', kernels: 'fixed' },
  { name: 'wasm with kernels, relaxed SIMD', backend: 'wasm', kernels: 'relaxed' },
  { name: 'webgl', backend: 'webgl', where: 'chromium', ...swiftShader },
  { name: 'webgpu', backend: 'webgpu', where: 'chromium', ...swiftShader },
  // Those that do not read tensors at once, as webgpu cannot.
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
const { testPath = '' } = expect.getState();
const only = inject('onlyBackend');
const rows = backends.filter(
  ({ name, where, files }) =>
    where === here && (files?.test(testPath) ?? true) && (only === undefined || name === only),
);
const missing = new Map<Row, string | undefined>();
for (const row of rows) missing.set(row, await whyMissing(row));

async function whyMissing({ backend, kernels, where }: Row): Promise<string | undefined> {
  if (chromium?.missing !== undefined) return chromium.missing;
  // Only where they are needed, since these packages take their time to load.
  if (backend === 'webgl' || backend === 'webgpu') {
    if (where === 'chromium') return (await import('./gpu-backends')).missingGraphics(backend);
    return (await import('./webgpu-in-node')).missingWebgpu();
  }
  return kernels === undefined || supportsSimd(kernels) ? undefined : 'which this engine lacks';
}

/** Whether it is a failure that a row cannot run. */
const isRequired = ({ backend, where }: Row): boolean | undefined =>
  where === 'chromium' ? chromium?.required : backend === 'webgpu' && Boolean(process.env.REQUIRE_WEBGPU);

/**
 * Runs a suite once on each backend, and checks that it leaves no tensor behind. A row whose instructions the engine
 * lacks is skipped, and so is one whose browser or graphics are missing, unless they are required.
 */
export function describeOnEachBackend(
  name: string,
  suite: (backend: Row['backend'], traits: Traits) => void,
): void {
  for (const row of rows) {
    const reason = missing.get(row);
    const title = `${name} on ${row.name}`;
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
        if (row.kernels !== undefined) unregisterWasmKernels();
        expect(memory().numTensors, 'tensors left behind by the suite').toBe(tensorsBefore);
      });
      suite(row.backend, row);
    });
  }
}

/** Makes a row's backend the active one; the caller unregisters the kernels. */
export async function useBackend({ backend, kernels }: Omit<Row, 'name'>): Promise<void> {
  expect(await setBackend(backend), `tfjs could start ${backend}`).toBe(true);
  await ready();
  if (kernels === undefined) return;
  const report = await registerWasmKernels({ simd: kernels });
  expect(report, 'the registration of the kernels').toMatchObject({ simd: kernels, inactive: [] });
  expect(report.active, 'the active kernels').toContain('HarmonicMLP.Harmonic');
}
