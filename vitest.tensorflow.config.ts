import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

// The row of test/support/backends.ts that needs TensorFlow, and a training on it: see CONTRIBUTING.md.
export default defineConfig({
  resolve: base.resolve,
  test: {
    ...base.test,
    projects: undefined,
    name: 'tensorflow',
    include: [
      'packages/core/src/operation.test.ts',
      'packages/core/test/operations.test.ts',
      'packages/harmonic-layer/src/harmonic-layer.test.ts',
      'packages/harmonic-mlp/test/trajectory.test.ts',
      'packages/freq-optimizer/src/{learning-rate,adam,frequency-aware-optimizer}.test.ts',
      'apps/node-trainer/test/tensorflow-training.ts',
    ],
    provide: { tensorflow: true },
    globalSetup: 'test/support/require-tensorflow.ts',
    setupFiles: 'test/support/start-tensorflow.ts',
  },
});
