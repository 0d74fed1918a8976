import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
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

export default defineConfig({
  resolve: {
    // Tests use the sources of the workspace's packages, so they never see a stale build.
    alias: [
      {
        find: /^@harmonic-mlp\/(mnist-data|wasm-kernels)\/(\w+)$/,
        replacement: source('packages/$1/src/$2.ts'),
      },
      {
        find: /^@harmonic-mlp\/(core|freq-optimizer|harmonic-layer|mnist-data|tfjs-layers|wasm-kernels)$/,
        replacement: source('packages/$1/src/index.ts'),
      },
      {
        find: /^harmonic-mlp\/settings$/,
        replacement: source('packages/harmonic-mlp/src/settings/index.ts'),
      },
      { find: /^harmonic-mlp$/, replacement: source('packages/harmonic-mlp/src/index.ts') },
      {
        find: /^@harmonic-mlp\/node-trainer$/,
        replacement: source('apps/node-trainer/src/index.ts'),
      },
    ],
  },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // Many tests wait for processes and pages that they start; by default, Vitest would leave one processor free for these.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          globalSetup: 'test/support/run-folder.ts',
          include: [
            'packages/*/{src,test}/**/*.test.ts',
            'apps/*/{src,test}/**/*.test.ts',
            'test/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          // The rows of test/support/backends.ts that need a browser; without one, the Node project reports them as skipped.
          name: 'chromium',
          include: operationTests,
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
