import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests read the sources of the workspace's packages, so that they never see a stale build.
    alias: [
      {
        find: /^@harmonic-mlp\/(mnist-data|wasm-kernels)\/(\w+)$/,
        replacement: source('packages/$1/src/$2.ts'),
      },
      {
        find: /^@harmonic-mlp\/(core|freq-optimizer|harmonic-layer|mnist-data|tfjs-layers|wasm-kernels)$/,
        replacement: source('packages/$1/src/index.ts'),
      },
      { find: /^harmonic-mlp$/, replacement: source('packages/harmonic-mlp/src/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'apps/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
