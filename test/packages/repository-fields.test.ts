import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './command';
import { publishedPackages, readManifest, root } from './published-packages';
import { temporaryFolder } from './tarballs';

const script = join(root, 'tools/release/repository-fields.mjs');
let copy: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  copy = await temporaryFolder();
  for (const { folder } of publishedPackages) {
    const destination = join(copy.folder, 'packages', basename(folder));
    for (const part of ['package.json', 'README.md', 'LICENSE', 'dist'])
      await cp(join(folder, part), join(destination, part), { recursive: true });
  }
  const hidden = join(copy.folder, 'packages/hidden');
  await mkdir(hidden);
  await writeFile(join(hidden, 'package.json'), JSON.stringify({ name: 'hidden', private: true }));
});
afterAll(() => copy?.remove());

const write = (environment: Record<string, string | undefined>) =>
  run([process.execPath, script, copy.folder], root, environment);

it.each([undefined, '', 'no-owner', 'a/b/c'])('refuses GITHUB_REPOSITORY %j', async (GITHUB_REPOSITORY) => {
  const { code, stderr } = await write({ GITHUB_REPOSITORY });
  expect(code).toBe(1);
  expect(stderr).toContain(`GITHUB_REPOSITORY is "${GITHUB_REPOSITORY ?? ''}"; it must be`);
  for (const { folder } of publishedPackages)
    expect(readManifest(join(copy.folder, 'packages', basename(folder)))).toEqual(readManifest(folder));
});

describe('in the release workflow of a repository', () => {
  beforeAll(async () => {
    const environment = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'someone/some-name' };
    // Twice, as when a release that failed halfway is restarted.
    for (const _ of [1, 2]) expect(await write(environment)).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(publishedPackages)(
    '$name says where its source is, and nothing else changes',
    async (published) => {
      const directory = `packages/${basename(published.folder)}`;
      const folder = join(copy.folder, directory);
      expect(readManifest(folder)).toEqual({
        ...published.manifest,
        repository: { type: 'git', url: 'git+https://github.com/someone/some-name.git', directory },
        homepage: `https://github.com/someone/some-name/tree/main/${directory}#readme`,
        bugs: { url: 'https://github.com/someone/some-name/issues' },
      });
      const { messages, pkg } = await publint({
        pkgDir: folder,
        pack: false,
        strict: true,
        level: 'suggestion',
      });
      expect(messages.map((message) => `${message.type}: ${formatMessage(message, pkg)}`)).toEqual([]);
    },
  );

  it('leaves private packages alone', () => {
    expect(readManifest(join(copy.folder, 'packages/hidden'))).toEqual({ name: 'hidden', private: true });
  });
});
