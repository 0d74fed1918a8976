import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { expect, it } from 'vitest';
import { publishedPackages, root, tensorflowPeers } from './published-packages';

/**
 * The maximum size of an entry for browsers, in kB (1000 bytes), minified and compressed with gzip, without tfjs. Imports
 * from the other packages here, or from the entry that it goes `beyond`, have their own line and are not counted again,
 * except for harmonic-mlp, where all of our code is counted.
 */
const budgets: Record<string, { kB: number; withOurs?: boolean; beyond?: string }> = {
  // The operations of the activations and losses, the activations, and numbers as people have them; then the proposal of periods
  // and Fourier features in harmonic-layer, and checks of what files and activations of users' own say, 3 kB; then noise of the same bits in every engine, 0.1 kB. A page drops whatever it does not use.
  '@harmonic-mlp/core': { kB: 12.1 },
  // What both executors need was added, 0.5 kB: of states, of how tensors are broadcast, and of turns of the event loop, which came from
  // harmonic-mlp.
  '@harmonic-mlp/core/program': { kB: 3.5, beyond: '@harmonic-mlp/core' },
  '@harmonic-mlp/harmonic-layer': { kB: 11 },
  // Schedules, composition, and the table of optimizers were added to Adam and its wrapper, then the checks of registered
  // schedules and of the kind of a state; a page drops whatever it does not use.
  '@harmonic-mlp/freq-optimizer': { kB: 10.5 },
  // Errors with fields, the known option names, and the deprecated aliases; then batches of rows on the device, 0.1 kB.
  '@harmonic-mlp/mnist-data': { kB: 6.7 },
  '@harmonic-mlp/mnist-data/browser': { kB: 3, beyond: '@harmonic-mlp/mnist-data' },
  '@harmonic-mlp/mnist-data/datasets': { kB: 3 },
  '@harmonic-mlp/mnist-data/augmentation': { kB: 3 },
  '@harmonic-mlp/mnist-data/drawing': { kB: 7 },
  // Most of it are the encoders of protocol buffers and PNG.
  '@harmonic-mlp/tensorboard': { kB: 12.5 },
  '@harmonic-mlp/tfjs-layers': { kB: 5 },
  // Programs, 4 kB; then their threads and how kernels are divided among them, 4 kB; then convolutions, pooling, and sums of
  // segments, 7 kB, of which the module has 5; then tfjs's optimizers, 1.5 kB, and its recurrent layers, 2.6 kB.
  '@harmonic-mlp/wasm-kernels': { kB: 49.5 },
  '@harmonic-mlp/wasm-kernels/stock': { kB: 38.2 },
  '@harmonic-mlp/webgpu-kernels': { kB: 25 },
  // Schedules, optimizers by name, tables of activations and periods, callbacks, tasks, file upgrades, and errors with fields
  // were added; then checkpoints that callbacks can make at any step and at a run's end, and checks of tasks, metrics,
  // learners, and what callbacks give; then the check that a resumed run has the callbacks whose weights a checkpoint keeps;
  // then the family of activations, 6 kB, any of which a model may name; then regression, several labels, metrics, values as
  // data, layer norm, and noise, 6 kB; then models for data, Fourier features, and the look at the first batch, 6 kB; then captured steps, 4 kB, on
  // threads, and evaluations, 2 kB; then the checksum of files, and checkpoints by the clock, 0.6 kB; then core's noise; then rows
  // of examples on the device, 0.2 kB.
  'harmonic-mlp': { kB: 63.9, withOurs: true },
  'harmonic-mlp/made-data': { kB: 1.5 },
  // The texts of the settings, and the settings themselves; then those of one task, with the loss that smooths labels, 1 kB.
  'harmonic-mlp/settings': { kB: 8.85 },
  // The settings, which its axes may be, and the searches.
  'harmonic-mlp/sweep': { kB: 15 },
};

const browserEntries = publishedPackages.flatMap(({ folder, manifest, entries }) =>
  entries
    .filter(({ specifier }) => !specifier.endsWith('/node'))
    .map(({ specifier, files }) => ({
      specifier,
      path: join(folder, files.import.default),
      tensorflow: tensorflowPeers({ manifest }),
    })),
);

async function bundle(input: Pick<BuildOptions, 'entryPoints' | 'stdin'>, external: string[]) {
  const { outputFiles, metafile } = await build({
    ...input,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['@tensorflow/*', 'node:*', ...external],
    metafile: true,
    write: false,
    legalComments: 'none',
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  return {
    text: outputFiles[0].text,
    kB: gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000,
    imports: [...new Set(imports.map((imported) => imported.path))],
  };
}

it('every entry for browsers has a budget', () => {
  expect(browserEntries.map(({ specifier }) => specifier).sort()).toEqual(Object.keys(budgets).sort());
});

it.each(browserEntries)('$specifier is within its budget', async ({ specifier, path }) => {
  const { kB, withOurs, beyond } = budgets[specifier];
  const sizeOf = async (...paths: string[]) => {
    const contents = paths.map((path) => `export * from ${JSON.stringify(path)};`).join('');
    const external = withOurs ? [] : ['@harmonic-mlp/*'];
    return (await bundle({ stdin: { contents, resolveDir: root } }, external)).kB;
  };
  const base = browserEntries.find((entry) => entry.specifier === beyond)?.path;
  const measured =
    base === undefined ? await sizeOf(path) : (await sizeOf(base, path)) - (await sizeOf(base));
  const what = withOurs ? ', with all of ours' : beyond === undefined ? '' : `, beyond ${beyond}`;
  console.log(`${specifier}: ${measured.toFixed(2)} of ${kB} kB${what}`);
  expect(measured).toBeLessThanOrEqual(kB);
});

it.each(browserEntries)(
  '$specifier brings only TensorFlow.js into a browser',
  async ({ path, tensorflow }) => {
    const { imports } = await bundle({ entryPoints: [path] }, []);
    expect(imports.filter((imported) => !tensorflow.includes(imported))).toEqual([]);
  },
);

it.each([
  ['HarmonicLayer', ['Harmonic']],
  ['DenseLayer', []],
  ['DenseLayer, siren', ['Sine']],
  ['DenseLayer, snake', ['Snake']],
  ['DenseLayer, harmonicGelu', ['Gelu', 'Harmonic', 'JoinUnits', 'SplitUnits']],
  ['cappedHarmonicSeries', []],
  ['makeLayer', undefined],
])('a page that imports %s carries only the operations %j', async (names, operations) => {
  const path = browserEntries.find(({ specifier }) => specifier === '@harmonic-mlp/harmonic-layer')!.path;
  const contents = `export { ${names} } from ${JSON.stringify(path)};`;
  const { text } = await bundle({ stdin: { contents, resolveDir: root } }, []);
  const carried = new Set(Array.from(text.matchAll(/"HarmonicMLP\.(\w+)"/g), ([, name]) => name));
  // Every layer has an affine map, and an exponential function for periods that are trained.
  const own = [...carried].filter((name) => !/^Dense|^Exponential$|Gradient$/.test(name)).sort();
  if (operations === undefined) expect(own.length).toBeGreaterThan(15);
  else expect(own).toEqual(operations);
});

it.each<[string, has: RegExp, lacks: RegExp]>([
  ['Adam', /HarmonicAdam/, /clipByGlobalNorm|one-cycle|FrequencyAware|makeOptimizer|patience/],
  ['cosine', /cosine/, /clipByGlobalNorm|one-cycle|FrequencyAware|makeOptimizer|patience|HarmonicAdam|gamma/],
  ['momentum', /momentum/, /clipByGlobalNorm|one-cycle|FrequencyAware|makeOptimizer|patience|HarmonicAdam/],
])('a page with only %s of freq-optimizer has nothing else of it', async (name, has, lacks) => {
  const path = browserEntries.find(({ specifier }) => specifier.endsWith('/freq-optimizer'))?.path;
  const contents = `export { ${name} } from ${JSON.stringify(path)};`;
  const { text } = await bundle({ stdin: { contents, resolveDir: root } }, ['@harmonic-mlp/*']);
  expect(text).toMatch(has);
  expect(text).not.toMatch(lacks);
});

it('a page that loads MNIST, all counted, is within its budget', async () => {
  const budget = 9.5;
  const path = (entry: string) =>
    JSON.stringify(browserEntries.find(({ specifier }) => specifier.endsWith(entry))?.path);
  const contents = `
    import { mnist } from ${path('/mnist-data/datasets')};
    import { loadDataset } from ${path('/mnist-data/browser')};
    console.log(await loadDataset(mnist));`;
  const { kB } = await bundle({ stdin: { contents, resolveDir: root } }, ['@harmonic-mlp/*']);
  console.log(`a page that loads MNIST: ${kB.toFixed(2)} of ${budget} kB`);
  expect(kB).toBeLessThanOrEqual(budget);
});
