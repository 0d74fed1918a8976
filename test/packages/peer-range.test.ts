/** @module-tag long */

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { outputOf } from './command';
import { compile, currentTensorflow, installProject, type Project } from './project';
import { publishedPackages, tensorflowPeers } from './published-packages';

/** The peer ranges of TensorFlow.js, which have to be the same: its packages only work together in one version. */
const ranges = new Set(
  publishedPackages.flatMap((published) =>
    tensorflowPeers(published).map((name) => published.manifest.peerDependencies![name]),
  ),
);
const [range] = ranges;
const oldest = range.replace('^', '');

let ends: Project[] = [];

beforeAll(async () => {
  ends = await Promise.all([oldest, currentTensorflow].map((tensorflow) => installProject({ tensorflow })));
}, 300_000);
afterAll(() => Promise.all(ends.map(({ remove }) => remove())));
beforeEach(({ skip }) => {
  const missing = ends.map((end) => end.missing).find((reason) => reason !== undefined);
  skip(missing !== undefined, missing);
});

it('is one range for all packages, from a release to the one that this repository is developed with', async () => {
  expect([...ranges]).toEqual([expect.stringMatching(/^\^4\.\d+\.0$/)]);
  const versions = await Promise.all(
    ends.map(({ folder }) =>
      outputOf([process.execPath, '--print', "require('@tensorflow/tfjs-core').version_core"], folder),
    ),
  );
  expect(versions.map((version) => version.trim())).toEqual([oldest, currentTensorflow]);
});

it.each([
  { format: 'ESM', source: 'program.mts', program: 'program.mjs' },
  { format: 'CJS', source: 'program.cts', program: 'program.cjs' },
])('at both ends a TypeScript program compiles to $format, runs and gives the same', async (file) => {
  const [before, now] = await Promise.all(
    ends.map(async (project) => {
      await copyFile(join(project.folder, 'program.ts'), join(project.folder, file.source));
      await compile(project, [file.source], {
        module: 'node16',
        moduleResolution: 'node16',
        noEmit: false,
      });
      return JSON.parse(await outputOf([process.execPath, file.program], project.folder));
    }),
  );
  // Kernels may round differently in another version, which gives the file of the model's weights another hash.
  expectClose(before, now, ['probabilities', 'rectified']);
  const { errors, learningRate, reloaded, testImages } = now;
  expect(before).toMatchObject({ errors, learningRate, reloaded, testImages });
});

it('at both ends training on the wasm backend gives the same', async () => {
  const [before, now] = await Promise.all(
    ends.map(async ({ folder }) =>
      JSON.parse(await outputOf([process.execPath, 'browser/in-node.mjs'], folder)),
    ),
  );
  expect(before.backend).toBe('wasm');
  expectClose(before, now, ['losses', 'probabilities', 'activations']);
  // All kernels, including the stock replacements, work at the lower end.
  const { result, ...kernels } = now.withKernels;
  expect(kernels.active).toBeGreaterThan(20);
  expect(before.withKernels).toMatchObject(kernels);
  expectClose(before.withKernels.result, result, ['losses', 'probabilities', 'activations']);
  // So do programs, divided among threads, with the same bits.
  for (const { onThreads, withKernels } of [before, now]) {
    const { weights } = withKernels.result.steps;
    expect(onThreads).toEqual([1, 2].map((threads) => ({ captured: true, threads, weights })));
  }
  // The steps of tfjs-layers are repeated without asking the engine for each kernel.
  for (const { layers } of [before, now]) {
    expectClose(layers.withKernels, layers.stock, ['losses']);
    expect(layers.withKernels.kernelsOfStep).toBeLessThan(0.3 * layers.stock.kernelsOfStep);
  }
});

type Results = Record<string, number[] | number[][]>;

function expectClose(before: Results, now: Results, names: string[]): void {
  for (const name of names) {
    const [expected, given] = [now[name].flat(), before[name].flat()];
    expect(given.length, name).toBe(expected.length);
    for (const [i, value] of given.entries()) expect(value, `${name}[${i}]`).toBeCloseTo(expected[i], 5);
  }
}
