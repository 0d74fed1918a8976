import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { publishedPackages, root, tensorflowPeers } from './published-packages';

/**
 * The maximum size of an entry for browsers, in kB (1000 bytes), minified and compressed with gzip, without tfjs. Imports
 * from the other packages here, or from the entry that it goes `beyond`, have their own line and are not counted again,
 * except for harmonic-mlp, where all of our code is counted. What is loaded `later`, only by those who need it, counts by itself.
 */
const budgets: Record<string, { kB: number; later?: number; withOurs?: boolean; beyond?: string }> = {
  // The operations of the activations and losses, the activations, and numbers as people have them; then the proposal of periods
  // and Fourier features in harmonic-layer, and checks of what files and activations of users' own say, 3 kB; then noise of the same bits in every engine, 0.1 kB. A page drops whatever it does not use.
  '@harmonic-mlp/core': { kB: 12.1 },
  // What both executors need was added, 0.5 kB: of states, of how tensors are broadcast, and of turns of the event loop, which came from
  // harmonic-mlp.
  '@harmonic-mlp/core/program': { kB: 3.6, beyond: '@harmonic-mlp/core' },
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
  // segments, 7 kB, of which the module has 5; then tfjs's optimizers, 1.5 kB, and its batch normalization, 0.3 kB; then longer loops over two tensors and of sums, and what the gradient of a clipped value needs, 0.7 kB. Later, if there is tfjs-layers: its recurrent layers,
  // 2.6 kB, and its training steps.
  '@harmonic-mlp/wasm-kernels': { kB: 48, later: 8 },
  '@harmonic-mlp/wasm-kernels/stock': { kB: 37, later: 10.5 },
  '@harmonic-mlp/webgpu-kernels': { kB: 25 },
  // Schedules, optimizers by name, tables of activations and periods, callbacks, tasks, file upgrades, and errors with fields
  // were added; then checkpoints that callbacks can make at any step and at a run's end, and checks of tasks, metrics,
  // learners, and what callbacks give; then the check that a resumed run has the callbacks whose weights a checkpoint keeps;
  // then the family of activations, 6 kB, any of which a model may name; then regression, several labels, metrics, values as
  // data, layer norm, and noise, 6 kB; then models for data, Fourier features, and the look at the first batch, 6 kB; then captured steps, 4 kB, on
  // threads, and evaluations, 2 kB; then the checksum of files, and checkpoints by the clock, 0.6 kB; then core's noise; then rows
  // of examples on the device, 0.2 kB; then core's recordings of functions with a gradient of their own, 0.1 kB.
  'harmonic-mlp': { kB: 64, withOurs: true },
  'harmonic-mlp/made-data': { kB: 1.5 },
  // The texts of the settings, and the settings themselves; then those of one task, with the loss that smooths labels, 1 kB.
  'harmonic-mlp/settings': { kB: 8.85 },
  // The settings, which its axes may be, and the searches.
  'harmonic-mlp/sweep': { kB: 15.5 },
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

async function bundle(contents: string, external: string[]) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['@tensorflow/*', 'node:*', ...external],
    // What is imported only when it is needed has a file of its own, which does not count.
    splitting: true,
    outdir: 'out',
    metafile: true,
    write: false,
    legalComments: 'none',
    logLevel: 'silent',
  });
  const { outputs } = metafile;
  const files = new Map(outputFiles.map(({ path, contents }) => [relative('.', path), contents]));
  const loaded = Object.keys(outputs).filter((path) => outputs[path].entryPoint === '<stdin>');
  for (const path of loaded)
    for (const { kind, path: imported, external: isExternal } of outputs[path].imports)
      if (!isExternal && kind === 'import-statement' && !loaded.includes(imported)) loaded.push(imported);
  const imports = Object.values(outputs).flatMap(({ imports }) => imports.filter((each) => each.external));
  const sizeOf = (paths: string[]) =>
    paths.reduce((sum, path) => sum + gzipSync(files.get(path)!, { level: 9 }).length, 0) / 1000;
  return {
    text: loaded.map((path) => new TextDecoder().decode(files.get(path))).join('\n'),
    kB: sizeOf(loaded),
    later: sizeOf(Object.keys(outputs).filter((path) => !loaded.includes(path))),
    imports: [...new Set(imports.map((imported) => imported.path))],
  };
}

it('every entry for browsers has a budget', () => {
  expect(browserEntries.map(({ specifier }) => specifier).sort()).toEqual(Object.keys(budgets).sort());
});

it.each(browserEntries)('$specifier is within its budget', async ({ specifier, path }) => {
  const { kB, later = 0, withOurs, beyond } = budgets[specifier];
  const bundleOf = async (...paths: string[]) => {
    const contents = paths.map((path) => `export * from ${JSON.stringify(path)};`).join('');
    const external = withOurs ? [] : ['@harmonic-mlp/*'];
    return bundle(contents, external);
  };
  const base = browserEntries.find((entry) => entry.specifier === beyond)?.path;
  const all = await (base === undefined ? bundleOf(path) : bundleOf(base, path));
  const measured = all.kB - (base === undefined ? 0 : (await bundleOf(base)).kB);
  const what = withOurs ? ', with all of ours' : beyond === undefined ? '' : `, beyond ${beyond}`;
  const then = later === 0 ? '' : `, and later ${all.later.toFixed(2)} of ${later}`;
  console.log(`${specifier}: ${measured.toFixed(2)} of ${kB} kB${what}${then}`);
  expect(all.later).toBeLessThanOrEqual(later);
  expect(measured).toBeLessThanOrEqual(kB);
});

it.each(browserEntries)(
  '$specifier brings only TensorFlow.js into a browser',
  async ({ path, tensorflow }) => {
    const { imports } = await bundle(`export * from ${JSON.stringify(path)};`, []);
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
  const { text } = await bundle(contents, []);
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
  const { text } = await bundle(contents, ['@harmonic-mlp/*']);
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
  const { kB } = await bundle(contents, ['@harmonic-mlp/*']);
  console.log(`a page that loads MNIST: ${kB.toFixed(2)} of ${budget} kB`);
  expect(kB).toBeLessThanOrEqual(budget);
});
