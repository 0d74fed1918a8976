/** @module-tag long */

import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outputOf, run } from './command';
import { countExamples, docstringExamples } from './docstring-examples';
import { compile, installedWith, installProject, type Project, within } from './project';
import { publishedPackages, root } from './published-packages';
import { calledInText, type Example, installLines, readmeExamples } from './readme-examples';

let project: Project;

beforeAll(async () => {
  project = await installProject();
}, 180_000);
afterAll(() => project?.remove());
beforeEach(({ skip }) => skip(project.missing !== undefined, project.missing));

const node = (...args: string[]) => outputOf([process.execPath, ...args], project.folder);

describe('a TypeScript project', () => {
  const copy = (name: string) => copyFile(join(project.folder, 'program.ts'), join(project.folder, name));

  it.each(['node16', 'nodenext'])(
    'compiles to ESM and CJS with moduleResolution %s, and both give the same',
    async (resolution) => {
      await copy('program.mts');
      await copy('program.cts');
      await compile(project, ['program.mts', 'program.cts'], {
        module: resolution,
        moduleResolution: resolution,
        noEmit: false,
        outDir: resolution,
      });
      const [esm, cjs] = await Promise.all([
        node(`${resolution}/program.mjs`),
        node(`${resolution}/program.cjs`),
      ]);
      expect(cjs).toEqual(esm);
      const results = JSON.parse(esm);
      expect(results).toMatchObject({
        learningRate: 0.001,
        reloaded: true,
        testImages: 10_000,
        errors: ['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'FILE_NOT_FOUND', 'INVALID_ARGUMENT'],
      });
      for (const [p, q] of results.probabilities) expect(p + q).toBeCloseTo(1, 6);
    },
  );

  it('compiles with moduleResolution bundler', async () => {
    await compile(project, ['program.ts'], { module: 'esnext', moduleResolution: 'bundler' });
  });
});

it('ESM and CJS in one process recognize each other’s errors, from the files meant for each', async () => {
  const { recognized, twoCopies, files } = JSON.parse(await node('both-formats.mjs'));
  const specifiers = publishedPackages.flatMap(({ entries }) => entries.map(({ specifier }) => specifier));
  expect(Object.keys(recognized).sort()).toEqual(
    ['import', 'require'].flatMap((format) => specifiers.map((specifier) => `${format} ${specifier}`)).sort(),
  );
  for (const [thrown, by] of Object.entries(recognized)) expect(by, thrown).toEqual([true, true]);
  expect(twoCopies).toBe(true);
  for (const [imported, required] of files) {
    expect(within(project.modules, imported)).toMatch(/^[@\w].*\/dist\/[\w-]+\.js$/);
    expect(within(project.modules, required)).toMatch(/^[@\w].*\/dist\/[\w-]+\.cjs$/);
  }
});

/** The output of the examples; the others print nothing. */
const printed: Record<string, RegExp> = {
  'core-1': /^0\.\d+ \[\s+\[ -?\d/,
  'core-4': /^\[ 'HarmonicMLP\.Relu' \] \[\]$/m,
  'core-5': /^INVALID_ARGUMENT seed -1 an integer at least 0$/m,
  'freq-optimizer-1': /^50 0\.\d{4} 0\.\d{4}$/m,
  'freq-optimizer-3': /^kernel\/momentum,bias\/first_moment,bias\/second_moment$/m,
  'freq-optimizer-4': /^525 0\.000505\n1000 0\.0000100\ntrue\n0\.5$/m,
  'harmonic-layer-1': /^\[ 1, 64 \] Float32Array\(6\) \[ 1, 2, 3, 4, 5, 5 \]$/m,
  // A square wave of size 1, which 16 sines do not fit exactly.
  'harmonic-layer-2': /^0 1\.0\d\d\n(.*\n)+300 0\.[01]\d\d$/m,
  'harmonic-layer-4': /^harmonic:0\.\d+,\d\.\d+ \[ 200, 64 \]$/m,
  'harmonic-layer-5': /^gaussian \(width 0\.5\) \[ 1, 64 \]$/m,
  'mnist-data-3': /^2 4 \{ mean: 0\.5, std: 0\.5 \}$/m,
  // Two epochs learn MNIST to about 95%, and the first test image is a seven.
  'harmonic-mlp-1': /^2 0\.\d+ 0\.9\d+\na 7 with probability 0\.9\d+$/m,
  'harmonic-mlp-3': /^The accuracy has reached 0\.93\.\n0\.9\d+$/m,
  'harmonic-mlp-4': /^true$/m,
  'harmonic-mlp-5': /^800 400$/m,
  'harmonic-mlp-6': /^\[ 64 \] cosine hidden$/m,
  'harmonic-mlp-7': /^\{ learningRate: 0\.\d+, units: \d+ \} 0\.\d+ ± 0\.\d+ \d+$/m,
  'repository-1': /r2: 0\.99\d+\n/,
  'repository-2': /^3 0\.\d+ 0\.9\d+$/m,
  'tfjs-layers-1': /^0\.0\d{3} true$/m,
  'tfjs-layers-3': /^\[ null, 64 \]$/m,
  'webgpu-kernels-1': /^(no graphics adapter|\d+ kernels)$/m,
  'wasm-kernels-1': /^(fixed|relaxed) SIMD: .*BatchMatMul.*\ntrue$/m,
};

/** Everything that the installed packages declare. */
function declarations(): string {
  const folders = publishedPackages.map(({ name }) => join(project.folder, 'node_modules', name, 'dist'));
  const files = folders.flatMap((dist) => readdirSync(dist).map((file) => join(dist, file)));
  const types = files.filter((file) => file.endsWith('.d.ts'));
  return types.map((file) => readFileSync(file, 'utf8')).join('\n');
}

describe.each(publishedPackages)('the README of $name', (published) => {
  const examples = readmeExamples(published);

  it('has an example, which imports only what its npm install lines bring', () => {
    expect(examples.length).toBeGreaterThan(0);
    const installed = installedWith(installLines(published), project.folder);
    for (const { name, imports } of examples) {
      expect(
        imports.filter((imported) => !installed.has(imported)),
        name,
      ).toEqual([]);
    }
  });

  it('calls nothing in its text that is not there', () => {
    const ofTfjs = ['env', 'glorotUniform', 'setWasmPaths', 'unregisterKernel'];
    const types = declarations();
    const missing = calledInText(published).filter((name) => !new RegExp(`\\b${name}\\b`).test(types));
    expect(missing.filter((name) => !ofTfjs.includes(name))).toEqual([]);
  });

  it.each(examples.filter(({ inPage }) => !inPage))(
    'has an example that runs: $name',
    { timeout: 180_000 },
    expectToRun,
  );
});

it.each(readmeExamples({ name: 'repository', folder: root }))(
  'the README of the repository has an example that runs: $name',
  { timeout: 180_000 },
  expectToRun,
);

async function expectToRun({ name, language, code }: Example): Promise<void> {
  const javascript =
    language === 'ts' ? (await transform(code, { loader: 'ts', target: 'es2022' })).code : code;
  await writeFile(join(project.folder, `${name}.mjs`), javascript);
  const surroundings = [];
  if (/fetch\(|mnist-data\/browser'/.test(code)) surroundings.push('--import', './serve-mnist.mjs');
  const {
    code: exitCode,
    stdout,
    stderr,
  } = await run([process.execPath, ...surroundings, `${name}.mjs`], project.folder);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(printed[name] ?? /^$/);
}

const typesOfNode = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  typeRoots: [join(root, 'node_modules/@types')],
  types: ['node'],
};

it('the TypeScript examples of all READMEs compile', async () => {
  const typed = publishedPackages.flatMap(readmeExamples).filter(({ language }) => language === 'ts');
  for (const { name, code } of typed) await writeFile(join(project.folder, `${name}.mts`), code);
  const files = typed.map(({ name }) => `${name}.mts`);
  await compile(project, files, typesOfNode);
});

it('every example of a docstring compiles and runs', { timeout: 180_000 }, async () => {
  const examples = docstringExamples(project.folder);
  // As many as in the sources: no example documents something that no entry exports.
  expect(examples.map(({ name }) => name)).toHaveLength(countExamples());

  for (const { name, code } of examples) await writeFile(join(project.folder, `${name}.mts`), code);
  const sources = examples.map(({ name }) => `${name}.mts`);
  await compile(project, sources, { ...typesOfNode, noEmit: false, outDir: 'examples' });
  const programs = examples.map(({ name }) => `examples/${name}.mjs`);
  const { stdout, stderr } = await run(
    [process.execPath, '--import', './serve-mnist.mjs', 'run-examples.mjs', ...programs],
    project.folder,
  );
  const errors = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  expect({ errors, stderr }).toEqual({ errors: {}, stderr: '' });
});
