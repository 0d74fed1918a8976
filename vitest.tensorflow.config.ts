import { defineConfig } from 'vitest/config';
import base, { operationTests } from './vitest.config.ts';

// The row of test/support/backends.ts that needs TensorFlow, and training on it: see CONTRIBUTING.md.
export default defineConfig({
  resolve: base.resolve,
  test: {
    ...base.test,
    projects: undefined,
    name: 'tensorflow',
    include: [...operationTests, 'apps/node-trainer/test/tensorflow-training.ts'],
    provide: { tensorflow: true },
    globalSetup: 'apps/node-trainer/test/require-tensorflow.ts',
    setupFiles: 'apps/node-trainer/test/start-tensorflow.ts',
  },
});
