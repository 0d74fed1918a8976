// One process that loads every package twice, as ESM and as CJS, as happens if some dependency requires them.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** A call that fails, for each package. */
const failures = {
  '@harmonic-mlp/core': ({ requireNumber }) => requireNumber('units', -1, { min: 1 }),
  '@harmonic-mlp/core/program': ({ attributeOf }) =>
    attributeOf({ kind: 'key', path: [-1] }, { key: [0, 1], numbers: {} }),
  '@harmonic-mlp/freq-optimizer': ({ Adam }) => new Adam({ learningRate: -1 }),
  '@harmonic-mlp/harmonic-layer': ({ HarmonicLayer }) => new HarmonicLayer({ inputSize: 4, units: 0 }),
  '@harmonic-mlp/mnist-data': ({ parseIdx }) => parseIdx(new Uint8Array(1), 'a file'),
  '@harmonic-mlp/mnist-data/augmentation': ({ AugmentedDataset }) =>
    new AugmentedDataset({ size: 1, inputSize: 1 }, { shift: -1 }),
  '@harmonic-mlp/mnist-data/browser': ({ loadDataset }) =>
    loadDataset({ name: 'none', files: { trainImages: { name: 'none' } } }, { mirrors: [], offline: true }),
  // Descriptions only: reading with them fails.
  '@harmonic-mlp/mnist-data/datasets': ({ kmnist }) =>
    require('@harmonic-mlp/mnist-data').datasetFromFiles(kmnist, {}),
  '@harmonic-mlp/mnist-data/drawing': ({ centerDigit }) => centerDigit(new Uint8Array(4), 2, 2),
  '@harmonic-mlp/mnist-data/node': ({ loadDataset }) => loadDataset('mnist', { directory: 'nowhere' }),
  '@harmonic-mlp/tensorboard': ({ tensorBoard }) => tensorBoard({ to: 'logs' }),
  '@harmonic-mlp/tensorboard/node': ({ eventFile }) => eventFile(''),
  '@harmonic-mlp/tfjs-layers': ({ harmonicDense }) => harmonicDense({ units: 0 }),
  '@harmonic-mlp/wasm-kernels': ({ registerWasmKernels }) => registerWasmKernels({ simd: 'none' }),
  '@harmonic-mlp/wasm-kernels/stock': ({ registerWasmKernels }) => registerWasmKernels({ simd: 'none' }),
  '@harmonic-mlp/webgpu-kernels': ({ registerWebgpuKernels }) => registerWebgpuKernels({ tiles: 'none' }),
  'harmonic-mlp': ({ HarmonicMLP }) => new HarmonicMLP({ hidden: [0] }),
  'harmonic-mlp/made-data': ({ makeData, waves }) => makeData(waves, { examples: 0 }),
  'harmonic-mlp/settings': ({ requireSettings }) => requireSettings({ hiden: [8] }),
  'harmonic-mlp/sweep': ({ requireSweepFile }) => requireSweepFile({ axis: {} }),
};

const imported = await import('@harmonic-mlp/core');
const required = require('@harmonic-mlp/core');
const recognized = {};
for (const [specifier, fail] of Object.entries(failures)) {
  for (const [format, module] of [
    ['import', await import(specifier)],
    ['require', require(specifier)],
  ]) {
    const error = await (async () => fail(module))().catch((error) => error);
    recognized[`${format} ${specifier}`] = [imported, required].map(
      ({ HarmonicError }) => HarmonicError.is(error) && error.message.length > 0,
    );
  }
}
console.log(
  JSON.stringify({
    recognized,
    twoCopies: imported.HarmonicError !== required.HarmonicError,
    files: Object.keys(failures).map((specifier) => [
      fileURLToPath(import.meta.resolve(specifier)),
      require.resolve(specifier),
    ]),
  }),
);
