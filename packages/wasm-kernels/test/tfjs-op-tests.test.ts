import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runTfjsSpecs, type SpecResults } from './support/tfjs-specs';

/** The files that test the replaced kernels, and gradients and variables, which rely on `Identity`. */
const files = [
  'ops/avg_pool_test',
  'ops/clone_test',
  'ops/conv1d_test',
  'ops/conv2d_separable_test',
  'ops/conv2d_test',
  'ops/conv2d_transpose_test',
  'ops/cos_test',
  'ops/depthwise_conv2d_test',
  'ops/fused/fused_conv2d_test',
  'ops/fused/fused_depthwise_conv2d_test',
  'ops/fused/fused_mat_mul_test',
  'ops/gather_test',
  'ops/mat_mul_test',
  'ops/max_pool_test',
  'ops/sin_test',
  'ops/sqrt_test',
  'ops/sum_test',
  'ops/unsorted_segment_sum_test',
  'gradients_test',
  'optimizers/adam_optimizer_test',
  'optimizers/momentum_optimizer_test',
  'optimizers/rmsprop_optimizer_test',
  'optimizers/sgd_optimizer_test',
  'variable_test',
];

/** How many specs fail without the kernels and pass with them, by file. */
const newlyPassing: Record<string, number> = {
  'ops/conv1d_test': 2,
  'ops/conv2d_test': 13,
  'ops/conv2d_transpose_test': 5,
  'ops/depthwise_conv2d_test': 8,
  'ops/fused/fused_conv2d_test': 26,
  'ops/fused/fused_depthwise_conv2d_test': 4,
  'ops/gather_test': 23,
  'ops/log_sigmoid_test': 1,
  'ops/log_softmax_test': 1,
  'ops/unsorted_segment_sum_test': 12,
  gradients_test: 2,
};

/** The specs in these files that fail both with and without the kernels, because the wasm backend lacks the feature. */
const failing: Record<string, { error: string; specs: string[] }> = {
  'ops/clone_test': {
    error: "Kernel 'Complex' not registered for backend 'wasm'",
    specs: ['1D complex64 dtype', '2D complex64 dtype', '3D complex64 dtype', '4D complex64 dtype'],
  },
  'ops/mat_mul_test': {
    error: 'BatchMatMul for non non-float32 tensors not yet supported.',
    specs: ['upcasts when dtypes dont match'],
  },
  'ops/fused/fused_conv2d_test': {
    error: "wasm backend FusedConv2D does not support dataFormat:'NCHW'. Please use 'NHWC'.",
    specs: [
      'basic in NCHW with 3-D PReLU actiavation',
      'im2row in NCHW with 3-D PReLU actiavation weights',
      'batch in NCHW with 3-D PReLU actiavation weights',
    ],
  },
  'ops/fused/fused_mat_mul_test': {
    error: '_FusedMatMul only supports rank-1 bias but got rank 2.',
    specs: [
      'fused A x B with 2d bias and relu',
      'fused A x B with relu and broadcasted bias different rank',
      'fused A x B with 2d bias only',
    ],
  },
};

const core = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json'));
const others = readdirSync(join(core, 'dist'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll(sep, '/').replace(/\.js$/, ''))
  .filter((file) => /^(ops|optimizers)\/.*_test$/.test(file) && !files.includes(file))
  // Random values differ from one run to the next.
  .filter((file) => !/rand|multinomial|dropout|truncated/.test(file))
  .sort();

let results: SpecResults;
beforeAll(async () => {
  results = await runTfjsSpecs([...files, ...others]);
}, 300_000);

/** The specs that pass without the kernels and fail with them, with their messages. */
function broken(file: string): [string, string][] {
  const { stock, kernels } = results.get(file)!;
  return [...kernels].filter((outcome): outcome is [string, string] => {
    const [spec, error] = outcome;
    return error !== undefined && stock.get(spec) === undefined;
  });
}

/** The specs that fail without the kernels and pass with them. */
function mended(file: string): string[] {
  const { stock, kernels } = results.get(file)!;
  return [...kernels].flatMap(([spec, error]) =>
    error === undefined && stock.get(spec) !== undefined ? spec : [],
  );
}

describe("tfjs-core's own specs on wasm", () => {
  it.each(files)('%s: fails where the backend itself does, and nowhere else', (file) => {
    const { stock, kernels } = results.get(file)!;
    expect(kernels.size).toBeGreaterThan(0);
    expect([...kernels.keys()]).toEqual([...stock.keys()]);
    expect(broken(file)).toEqual([]);
    const failures = [...kernels]
      .filter(([, error]) => error !== undefined)
      .map(([spec, error]) => [spec.replace(/^.* wasm \{\} /, ''), error]);
    const { error, specs } = failing[file] ?? { specs: [] };
    expect(failures).toEqual(specs.map((spec) => [spec, error]));
  });

  it(`${others.length} other files: whatever passes without the kernels passes with them`, () => {
    const count = others.reduce((sum, file) => sum + results.get(file)!.kernels.size, 0);
    expect(count).toBeGreaterThan(2500);
    expect(others.flatMap(broken)).toEqual([]);
  });

  it('pass in greater number with the kernels', () => {
    const counts = [...results.keys()].map((file) => [file, mended(file).length] as const);
    expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual(newlyPassing);
  });
});
