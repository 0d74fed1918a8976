const trainer = (command) => ({
  needs: ['@harmonic-mlp/node-trainer'],
  program: ['apps/node-trainer', './dist/main.js', command],
});

/**
 * The available commands. Each names
 *
 * - the workspace packages that it `needs` to run, or a function that names them, given its options; the default is all,
 *   including what tests and other checks need;
 * - the packages that it `builds` first, along with their dependencies; the default is those that it needs;
 * - the `program` that then runs in this process: the folder of a workspace package, a file in it or the name of a package
 *   installed there, and the first arguments;
 * - the variables of its `environment`, unless they are set;
 * - whether the program works on the whole `repository`, wherever it is called from;
 * - the message to print if nothing runs (`done`).
 */
export const commands = {
  backends: trainer('backends'),
  data: trainer('data'),
  evaluate: trainer('evaluate'),
  'lr-find': trainer('lr-find'),
  predict: trainer('predict'),
  report: {
    // Plots in PNG need native code, which not every machine has.
    needs: (options) => [
      '@harmonic-mlp/report',
      ...(options.includes('--png') ? ['@harmonic-mlp/report-png'] : []),
    ],
    builds: ['@harmonic-mlp/report'],
    program: ['apps/report', './dist/main.js', 'report'],
  },
  runs: trainer('runs'),
  'setup:queue': {
    needs: ['@harmonic-mlp/sweep-queue'],
    done: 'The queue is installed: sweep and worker can use --queue.',
  },
  'setup:tensorflow': {
    needs: ['@harmonic-mlp/tensorflow-setup'],
    program: ['apps/tensorflow-setup', './dist/main.js', 'setup-tensorflow'],
  },
  sweep: {
    ...trainer('sweep'),
    needs: (options) => [
      '@harmonic-mlp/node-trainer',
      ...(options.some((option) => /^--queue(=|$)/.test(option)) ? ['@harmonic-mlp/sweep-queue'] : []),
    ],
  },
  train: trainer('train'),
  worker: { ...trainer('worker'), needs: ['@harmonic-mlp/node-trainer', '@harmonic-mlp/sweep-queue'] },
  demo: {
    needs: ['@harmonic-mlp/wasm-demo'],
    program: ['apps/wasm-demo', 'vite', 'preview', 'apps/wasm-demo'],
    repository: true,
  },
  'demo:build': {
    needs: ['@harmonic-mlp/wasm-demo'],
    done: 'The page is built. Any web server can serve the folder apps/wasm-demo/dist.',
  },
  bench: {
    builds: ['@harmonic-mlp/bench', '@harmonic-mlp/node-trainer', '@harmonic-mlp/wasm-demo'],
    program: ['bench', './dist/main.js'],
  },
  build: { done: 'Everything is built.' },
  'docs:build': {
    builds: ['@harmonic-mlp/wasm-kernels'],
    program: ['.', 'typedoc'],
    repository: true,
  },
  format: { builds: [], program: ['.', '@biomejs/biome', 'check', '--write', '.'], repository: true },
  lint: {
    builds: [],
    program: ['.', '@biomejs/biome', 'check', '--error-on-warnings', '.'],
    repository: true,
  },
  mutate: {
    builds: ['@harmonic-mlp/wasm-kernels'],
    program: ['.', './tools/mutation/mutate.mjs'],
    repository: true,
  },
  study: {
    builds: ['@harmonic-mlp/studies'],
    program: ['studies', './dist/main.js'],
  },
  test: { program: ['.', 'vitest', 'run', '--tags-filter=!long'], repository: true },
  // Five times as many as the tests do.
  'test:kills': {
    program: ['.', 'vitest', 'run', 'apps/node-trainer/test/kills.test.ts'],
    environment: { KILLS: '50' },
    repository: true,
  },
  // Those that the tests leave out.
  'test:long': { program: ['.', 'vitest', 'run', '--tags-filter=long'], repository: true },
  'test:tensorflow': {
    builds: ['@harmonic-mlp/node-trainer'],
    program: ['.', 'vitest', 'run', '--config', 'vitest.tensorflow.config.ts'],
    repository: true,
  },
  typecheck: {
    builds: ['@harmonic-mlp/wasm-kernels', '@harmonic-mlp/wasm-demo'],
    program: ['.', 'typescript', '--noEmit'],
    repository: true,
  },
};
