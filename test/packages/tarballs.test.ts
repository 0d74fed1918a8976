import { isBuiltin } from 'node:module';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, publishedPackages } from './published-packages';
import { packed, readTarball } from './tarballs';

/** Everything that may be in a tarball. Source maps contain the sources that they map to. */
const meant =
  /^(package\.json|README\.md|LICENSE|dist\/[\w-]+\.(global\.js|js|cjs|js\.map|cjs\.map|d\.ts|d\.cts))$/;

let tarballs: Record<string, string>;

beforeAll(async () => {
  tarballs = await packed();
});

describe.each(publishedPackages)('the tarball of $name', ({ name, manifest: source, entries }) => {
  const read = async () => {
    const tarball = await readTarball(tarballs[name]);
    const contents = createPackageFromTarballData(new Uint8Array(tarball));
    const prefix = `/node_modules/${name}/`;
    const files = contents.listFiles().map((path) => path.slice(prefix.length));
    return { tarball, contents, files, text: (file: string) => contents.readFile(prefix + file) };
  };

  it('holds ESM, CJS, types for both, scripts for pages, README, and license, and nothing else', async () => {
    const { files } = await read();
    expect(files.filter((file) => !meant.test(file) || /\.test\./.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']));
    expect(entries.length).toBeGreaterThan(0);
    for (const { files: entry } of entries) {
      for (const [condition, [script, types]] of [
        ['import', ['.js', '.d.ts']],
        ['require', ['.cjs', '.d.cts']],
      ] as const) {
        expect(Object.keys(entry[condition])[0], 'the first condition').toBe('types');
        expect(entry[condition].default.endsWith(script), entry[condition].default).toBe(true);
        expect(entry[condition].types.endsWith(types), entry[condition].types).toBe(true);
        expect(files).toContain(entry[condition].default.slice(2));
        expect(files).toContain(entry[condition].types.slice(2));
      }
    }
  });

  it('has a package.json for people outside of this repository', async () => {
    const manifest: Manifest = JSON.parse((await read()).text('package.json'));
    expect(JSON.stringify(manifest)).not.toMatch(/"(workspace|catalog|link|file):/);
    expect(manifest).toMatchObject({
      name,
      version: source.version,
      license: 'MIT',
      engines: { node: '>=20.19' },
      sideEffects: false,
      exports: { './package.json': './package.json' },
      peerDependencies: { '@tensorflow/tfjs-core': expect.stringMatching(/^\^4\.\d+\.0$/) },
    });
    expect(manifest.dependencies ?? {}).not.toHaveProperty('@tensorflow/tfjs-core');
  });

  it('has keywords, terms as people type them', () => {
    const { keywords = [] } = source;
    expect(keywords.length).toBeGreaterThanOrEqual(8);
    expect(keywords).toEqual([...new Set(keywords)].sort());
    expect(keywords.filter((keyword) => !/^[a-z][a-z.-]*$/.test(keyword))).toEqual([]);
    expect(keywords).toEqual(expect.arrayContaining(['neural-network', 'tensorflow.js']));
  });

  it('imports nothing but what it depends on', async () => {
    const { files, text } = await read();
    const { dependencies, peerDependencies }: Manifest = JSON.parse(text('package.json'));
    const declared = { ...dependencies, ...peerDependencies };
    const imports = files
      .filter((file) => /\.(js|cjs|ts|cts)$/.test(file))
      .flatMap((file) => ts.preProcessFile(text(file), true, true).importedFiles)
      .map(({ fileName }) => fileName)
      .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
      .map((specifier) => specifier.match(/^(@[^/]+\/)?[^/]+/)![0]);
    expect(imports).toContain('@tensorflow/tfjs-core');
    expect(imports.filter((dependency) => !(dependency in declared))).toEqual([]);
  });

  it('passes publint, strictly', async () => {
    const { messages, pkg } = await publint({
      pack: { tarball: (await read()).tarball },
      strict: true,
      level: 'suggestion',
    });
    expect(messages.map((message) => `${message.type}: ${formatMessage(message, pkg)}`)).toEqual([]);
  });

  it('has the right types under node16, nodenext and bundler', async () => {
    const analysis = await checkPackage((await read()).contents);
    if (analysis.types === false) throw new Error('arethetypeswrong found no types.');
    expect(Object.keys(analysis.entrypoints)).toEqual(Object.keys(source.exports));
    // The profile node16: everything except Node 10 resolution, which does not know exports.
    const problems = analysis.problems.filter((problem) =>
      (['node16-cjs', 'node16-esm', 'bundler'] as const).some((kind) =>
        problemAffectsResolutionKind(problem, kind, analysis),
      ),
    );
    expect(problems).toEqual([]);
  });
});
