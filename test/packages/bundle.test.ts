import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { publishedPackages } from './published-packages';

/**
 * The most that an entry for browsers may weigh, in kB (1000 bytes), minified and compressed with gzip, without tfjs.
 * What an entry imports of the other packages here has a line of its own and is not counted again, but for
 * harmonic-mlp, where all of ours is counted.
 */
const budgets: Record<string, { kB: number; withOurs?: boolean }> = {
  '@harmonic-mlp/core': { kB: 8 },
  '@harmonic-mlp/harmonic-layer': { kB: 4 },
  '@harmonic-mlp/freq-optimizer': { kB: 5 },
  '@harmonic-mlp/mnist-data': { kB: 5 },
  'harmonic-mlp': { kB: 15, withOurs: true },
};

const browserEntries = publishedPackages.flatMap(({ folder, entries }) =>
  entries
    .filter(({ specifier }) => !specifier.endsWith('/node'))
    .map(({ specifier, files }) => ({ specifier, path: join(folder, files.import.default) })),
);

async function bundle(path: string, external: string[]) {
  const { outputFiles, metafile } = await build({
    entryPoints: [path],
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
    kB: gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000,
    imports: [...new Set(imports.map((imported) => imported.path))],
  };
}

it('every entry for browsers has a budget', () => {
  expect(browserEntries.map(({ specifier }) => specifier).sort()).toEqual(Object.keys(budgets).sort());
});

it.each(browserEntries)('$specifier is within its budget', async ({ specifier, path }) => {
  const { kB, withOurs } = budgets[specifier];
  const measured = await bundle(path, withOurs ? [] : ['@harmonic-mlp/*']);
  console.log(`${specifier}: ${measured.kB.toFixed(2)} of ${kB} kB${withOurs ? ', with all of ours' : ''}`);
  expect(measured.kB).toBeLessThanOrEqual(kB);
});

it.each(browserEntries)('$specifier brings no module of Node into a browser', async ({ path }) => {
  const { imports } = await bundle(path, []);
  expect(imports.filter(isBuiltin)).toEqual([]);
  expect(imports).toEqual(['@tensorflow/tfjs-core']);
});
