import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { addonPath, isLibrary } from '../src/tensorflow';
import { fakePackage, library, standIn } from './fake-tensorflow';
import { runHere } from './trainer-here';
import { cutMnist, events, start } from './trainer-process';

// The sources try backends in the built program.
vi.mock('../src/command-line', async (original) => ({
  ...(await original<object>()),
  mainFile: (await import('./trainer-process')).main,
}));

/** For what is done on Linux only. */
const onLinux = it.runIf(process.platform === 'linux');

let folder: string;
/** Where TensorFlow is, or is not. */
let root: string;
let images: string;

const place = () => join(root, 'tfjs-node', 'node_modules', '@tensorflow', 'tfjs-node');

const options = () => ({
  cwd: folder,
  env: { HARMONIC_MLP_TENSORFLOW: root, HARMONIC_MLP_DATA: join(folder, 'cache') },
});
/** In a process of its own, which loads what is installed. */
const run = (args: string[]) => start(args, options());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic tensorflow é '));
  images = join(folder, 'images');
  await mkdir(images);
  await cutMnist(images, 500, 100);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  root = await mkdtemp(join(folder, 'root '));
});

describe('--backend tensorflow', () => {
  const train = () => ['train', '--backend', 'tensorflow', '--epochs', '1', '--hidden', '8', '--no-verify'];
  const evaluate = () => ['evaluate', '--backend', 'tensorflow'];
  const again = 'Install it again with npx --yes pnpm@10 setup:tensorflow --force.';

  async function failure(args: string[]): Promise<string> {
    const ended = await runHere([...args, '--data-dir', images], options());
    expect(ended).toMatchObject({
      code: 1,
      stdout: '',
      error: { code: 'BACKEND_MISSING', argument: 'backend', value: 'tensorflow' },
    });
    return ended.stderr;
  }

  const says = (text: string) => `error: The tensorflow backend cannot be used: ${text}\n`;

  it.each([
    ['train', train],
    ['evaluate', evaluate],
  ])('%s says how to install it where it is not', async (_, command) => {
    expect(await failure(command())).toBe(
      says('TensorFlow is not installed. Install it with npx --yes pnpm@10 setup:tensorflow.'),
    );
  });

  it.each([
    ['package', ['package.json'], 'the package @tensorflow/tfjs-node'],
    ['addon', [addonPath()], `the addon ${addonPath()}`],
    ['library', [library], `TensorFlow's library in ${join('deps', 'lib')}`],
  ])('names the %s that an installation lacks', async (_, without, missing) => {
    await fakePackage(place(), { without });
    expect(await failure(train())).toBe(
      says(`The installation in ${place()} is incomplete: ${missing} is missing. ${again}`),
    );
  });

  it('reports a library that is not as it was installed', async () => {
    await fakePackage(place());
    await writeFile(join(root, 'tfjs-node', 'installed.json'), JSON.stringify({ [library]: 1000 }));
    expect(await failure(train())).toBe(
      says(
        `The installation in ${place()} is damaged: ${library} has 13 bytes instead of the 1000 that were installed. ${again}`,
      ),
    );
  });

  it('reports a damaged addon', async () => {
    await fakePackage(place(), { program: `require('./${addonPath().replaceAll('\\', '/')}')` });
    const message = await failure(train());
    expect(message).toMatch(
      /^error: The tensorflow backend cannot be used: The addon of @tensorflow\/tfjs-node does not load: .*tfjs_binding\.node.*\. Install it again with .* setup:tensorflow --force\.\n$/,
    );
  });

  it('reports a package that does not load', async () => {
    await fakePackage(place(), { program: `require('./gone')` });
    expect(await failure(train())).toBe(
      says(`The @tensorflow/tfjs-node in ${place()} does not load: Cannot find module './gone'. ${again}`),
    );
  });

  it('reports a package of another version', async () => {
    await fakePackage(place(), { version: '4.21.0' });
    expect(await failure(train())).toBe(
      says(
        `@tensorflow/tfjs-node 4.21.0 is installed, but TensorFlow.js ${version_core} needs @tensorflow/tfjs-node ${version_core}. ${again}`,
      ),
    );
  });

  it('reports a library of another version', async () => {
    await fakePackage(place(), { program: standIn('1.15.5') });
    expect(await failure(train())).toBe(
      says(
        `The library in ${place()} is TensorFlow 1.15.5, but tfjs-node ${version_core} needs TensorFlow 2. ${again}`,
      ),
    );
  });

  it('reports a package that is none', async () => {
    await fakePackage(place(), { program: '' });
    expect(await failure(train())).toBe(
      says(`The @tensorflow/tfjs-node in ${place()} has no backend. ${again}`),
    );
  });

  it.each([
    ['train', train],
    ['evaluate', evaluate],
  ])('%s outlives a library that ends its process', async (_, command) => {
    await fakePackage(place(), { program: 'process.abort()' });
    expect(await failure(command())).toMatch(
      /^error: The tensorflow backend cannot be used: (It crashed \(SIGABRT\)|Its process ended with code \d+)\. Install it again with .*\n$/,
    );
  });

  // First in the process that tries it, then in the command's own.
  onLinux.each([1, 2])('can be interrupted while it loads for time %i', async (time) => {
    const loading = join(folder, `loading ${time} `);
    const slow = `require('node:fs').writeFileSync(${JSON.stringify(loading)} + process.pid, '');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);`;
    await fakePackage(place(), { program: slow + standIn('2.9.1') });
    const { child, ended } = run([...train(), '--data-dir', images, '--out', `interrupted ${time}`]);
    await expect
      .poll(async () => (await readdir(folder)).filter((name) => name.startsWith(`loading ${time} `)))
      .toHaveLength(time);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, signal: null });
  });

  it('takes the one for graphics cards first', async () => {
    await fakePackage(place());
    await mkdir(join(root, 'tfjs-node-gpu'));
    expect(await failure(train())).toMatch(
      /tfjs-node-gpu is incomplete: .* Install it again with .* setup:tensorflow --gpu --force\.\n$/,
    );
  });

  it('trains on what is installed, and says nothing of its own', async () => {
    await fakePackage(place());
    const ended = await run([...train(), '--data-dir', images, '--out', 'run', '--json']).ended;
    expect(ended.stderr).toBe('');
    expect(ended.code).toBe(0);
    expect(events(ended).at(-1)).toMatchObject({ event: 'summary', backend: 'tensorflow' });
    const config = JSON.parse(await readFile(join(folder, 'run', 'config.json'), 'utf8'));
    expect(config.computes).toBe('tensorflow backend on the processor');
    expect(config.versions.tensorflow).toBe('TensorFlow 2.9.1, tfjs-node 4.22.0');
  });
});

describe('the parts of an installation', () => {
  it('has an addon for the newest N-API that both have', () => {
    expect(addonPath(10)).toBe(join('lib', 'napi-v8', 'tfjs_binding.node'));
    expect(addonPath(7)).toBe(join('lib', 'napi-v7', 'tfjs_binding.node'));
  });

  it('has a library by the name of any platform', () => {
    const libraries = [
      'libtensorflow.so.2.9.1',
      'libtensorflow_cc.so.2',
      'libtensorflow.2.dylib',
      'tensorflow.dll',
    ];
    expect(libraries.filter(isLibrary)).toEqual(libraries);
    const others = ['libtensorflow_framework.so.2', 'tensorflow.lib', 'THIRD_PARTY_TF_C_LICENSES'];
    expect(others.filter(isLibrary)).toEqual([]);
  });
});
