import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createPackageFromTarballData } from '@arethetypeswrong/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compile } from './project';
import { publishedPackages, root } from './published-packages';
import { packed, readTarball, temporaryFolder } from './tarballs';

let project: Awaited<ReturnType<typeof temporaryFolder>>;

/** The packed packages, as npm would unpack them, with this repository's TensorFlow.js. */
beforeAll(async () => {
  project = await temporaryFolder();
  for (const tarball of Object.values(await packed())) {
    const contents = createPackageFromTarballData(new Uint8Array(await readTarball(tarball)));
    for (const path of contents.listFiles()) {
      const target = join(project.folder, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, contents.readFile(path));
    }
  }
  const tensorflow = 'node_modules/@tensorflow';
  await symlink(join(root, tensorflow), join(project.folder, tensorflow), 'junction');
}, 180_000);
afterAll(() => project?.remove());

const specifiers = publishedPackages.flatMap(({ entries }) => entries.map(({ specifier }) => specifier));

it('finds the types of every entry with moduleResolution node10, which knows no exports', async () => {
  expect(specifiers).toContain('@harmonic-mlp/wasm-kernels/stock');
  // A module without types would be `any`, which would hide everything missing from it.
  const program = specifiers.map(
    (specifier, i) =>
      `import * as entry${i} from '${specifier}';\n// @ts-expect-error: not exported.\nentry${i}.missing;\n`,
  );
  await writeFile(join(project.folder, 'program.ts'), program.join(''));
  await compile(project, ['program.ts'], { module: 'commonjs', moduleResolution: 'node10' });
});

it('runs nothing else by those names: each is the file that exports names', () => {
  for (const { manifest } of publishedPackages) {
    const { exports, typesVersions } = manifest as typeof manifest & {
      typesVersions?: { '*': Record<string, string[]> };
    };
    const subpaths = Object.entries(exports).flatMap(([subpath, files]) =>
      typeof files === 'string' || subpath === '.' ? [] : [[subpath.slice(2), [files.import.types]]],
    );
    expect(typesVersions?.['*'] ?? {}, manifest.name).toEqual(Object.fromEntries(subpaths));
  }
});
