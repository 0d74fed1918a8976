import { expect, it } from 'vitest';
import { outputOf } from './command';
import { publishedPackages } from './published-packages';

/** What an entry of the built package exports, asked by Node within the package's folder. */
async function exportsOf(specifier: string, folder: string): Promise<string[]> {
  const script = `
    const required = Object.keys(require('${specifier}')).sort();
    import('${specifier}').then((imported) => {
      console.log(JSON.stringify({ imported: Object.keys(imported).sort(), required }));
    });`;
  const { imported, required } = JSON.parse(
    await outputOf([process.execPath, '--input-type=commonjs', '--eval', script], folder),
  );
  expect(required, `CJS and ESM of ${specifier}`).toEqual(imported);
  return imported;
}

it('every entry exports these, from ESM and from CJS', async () => {
  const entries = publishedPackages.flatMap(({ folder, entries }) =>
    entries.map(({ specifier }) => ({ specifier, folder })),
  );
  const lists: Record<string, string[]> = {};
  for (const { specifier, folder } of entries) lists[specifier] = await exportsOf(specifier, folder);
  expect(lists).toMatchInlineSnapshot(`
    {
      "@harmonic-mlp/core": [
        "HarmonicError",
        "KernelRegistry",
        "adamStep",
        "adamStepFactors",
        "applyMask",
        "batchNorm",
        "batchNormGradient",
        "batchNormInference",
        "countCorrect",
        "defineOperation",
        "dense",
        "denseBiasGradient",
        "denseInputGradient",
        "denseKernelGradient",
        "describeBounds",
        "describeValue",
        "dropout",
        "dropoutMask",
        "foldIn",
        "harmonic",
        "harmonicGradient",
        "keepThreshold",
        "kernelFor",
        "nearestName",
        "option",
        "randomBits",
        "randomKey",
        "randomPermutation",
        "randomUniform",
        "relu",
        "reluGradient",
        "requireKnown",
        "requireNumber",
        "requireOneOf",
        "requireOptions",
        "requireShape",
        "softmaxCrossEntropy",
        "softmaxCrossEntropyGradient",
        "threefry2x32",
      ],
      "@harmonic-mlp/freq-optimizer": [
        "Adam",
        "FrequencyAwareOptimizer",
        "ReduceLROnPlateau",
        "addDecayedWeights",
        "asOptimizer",
        "byGroup",
        "chain",
        "clipByGlobalNorm",
        "clipByValue",
        "constant",
        "cosine",
        "exponential",
        "floatPrecision",
        "getLearningRate",
        "isSavable",
        "isSchedule",
        "join",
        "linear",
        "makeOptimizer",
        "makeSchedule",
        "momentum",
        "oneCycle",
        "optimizers",
        "registerSchedule",
        "requireEpsilon",
        "requireOptimizer",
        "scaleByAdam",
        "scaleByLearningRate",
        "scaleByPeriods",
        "schedules",
        "setLearningRate",
        "stepDecay",
      ],
      "@harmonic-mlp/harmonic-layer": [
        "DenseLayer",
        "HarmonicLayer",
        "activations",
        "cappedHarmonicSeries",
        "fanInUniform",
        "frequencyScaledWeights",
        "makeLayer",
        "periodDistributions",
        "registerActivation",
        "registerPeriods",
        "requireInput",
        "uniformWeights",
      ],
      "@harmonic-mlp/mnist-data": [
        "DeviceDataset",
        "LabeledDataset",
        "LabelledDataset",
        "datasetFromFiles",
        "datasetFromIdx",
        "decompress",
        "measureNormalisation",
        "measureNormalization",
        "normalisePixels",
        "normalizePixels",
        "parseIdx",
        "readIdx",
        "sha256",
        "verifyChecksum",
      ],
      "@harmonic-mlp/mnist-data/browser": [
        "loadDataset",
        "loadFile",
      ],
      "@harmonic-mlp/mnist-data/datasets": [
        "datasets",
        "emnistBalanced",
        "emnistLetters",
        "fashionMnist",
        "kmnist",
        "mnist",
        "qmnist",
      ],
      "@harmonic-mlp/mnist-data/drawing": [
        "centerDigit",
        "centreDigit",
        "grayFromRgba",
        "greyFromRgba",
        "measureDrawingStyle",
        "requireDrawingStyle",
      ],
      "@harmonic-mlp/mnist-data/node": [
        "defaultCache",
        "downloadDataset",
        "inspectDataset",
        "loadDataset",
        "loadIdxPair",
      ],
      "@harmonic-mlp/tfjs-layers": [
        "Adam",
        "HarmonicDense",
        "frequencyAware",
        "harmonicDense",
        "registerHarmonicLayers",
      ],
      "@harmonic-mlp/wasm-kernels": [
        "registerWasmKernels",
        "supportsSimd",
        "unregisterWasmKernels",
      ],
      "@harmonic-mlp/wasm-kernels/stock": [
        "registerWasmKernels",
        "unregisterWasmKernels",
      ],
      "harmonic-mlp": [
        "HarmonicMLP",
        "activations",
        "createOptimizer",
        "inspectModelFile",
        "resolveConfig",
      ],
    }
  `);
});
