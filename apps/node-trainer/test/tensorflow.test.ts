import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addonPath, isLibrary } from '../src/tensorflow/installation';
import { whyItFailed } from '../src/tensorflow/proof';
import { ProgramFailure } from '../src/tensorflow/run-program';
import { wanted } from '../src/tensorflow/wheel';
import { cutMnist, events, start } from './trainer-process';

const require = createRequire(import.meta.url);
const tfjs = (name: string) => JSON.stringify(require.resolve(`@tensorflow/${name}`));

/** What stands for tfjs-node: the cpu backend under another name, with what tfjs-node's has besides. */
const standIn = (version: string) => `
  const tf = require(${tfjs('tfjs-core')});
  require(${tfjs('tfjs-backend-cpu')});
  tf.copyRegisteredKernels('cpu', 'tensorflow');
  tf.registerBackend('tensorflow', () =>
    Object.assign(tf.findBackendFactory('cpu')(), { binding: { TF_Version: '${version}' }, isUsingGpuDevice: false }));
`;

interface Fake {
  version?: string;
  /** The package's program. */
  program?: string;
  /** Files that are left out. */
  without?: string[];
}

const library = join('deps', 'lib', 'libtensorflow.so.2.9.1');

/** Writes a tfjs-node. */
async function fakePackage(
  folder: string,
  { version = version_core, program = standIn('2.9.1'), without = [] }: Fake = {},
): Promise<void> {
  const files = {
    'package.json': JSON.stringify({
      name: '@tensorflow/tfjs-node',
      version,
      main: 'index.js',
      binary: { host: server },
    }),
    'index.js': program,
    [addonPath()]: 'not an addon',
    [library]: 'not a library',
    // What the setup has npm not run, and runs itself.
    'scripts/install.js': `
      const fs = require('node:fs');
      for (const file of ${JSON.stringify([addonPath(), library])}) {
        fs.mkdirSync(require('node:path').dirname(file), { recursive: true });
        fs.writeFileSync(file, 'downloaded ' + process.argv.slice(2));
      }`,
    'binding/tfjs_backend.cc': '',
  };
  for (const [name, content] of Object.entries(files)) {
    if (without.includes(name)) continue;
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** For what is done on Linux only. */
const onLinux = it.runIf(process.platform === 'linux');

let folder: string;
/** Where TensorFlow is, or is not. */
let root: string;
/** A server that is there. */
let server: string;
let listening: Server;
let images: string;

const place = () => join(root, 'tfjs-node', 'node_modules', '@tensorflow', 'tfjs-node');

const run = (args: string[], env: Record<string, string> = {}) =>
  start(args, {
    cwd: folder,
    env: { HARMONIC_MLP_TENSORFLOW: root, HARMONIC_MLP_DATA: join(folder, 'cache'), ...env },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic tensorflow é '));
  images = join(folder, 'images');
  await mkdir(images);
  await cutMnist(images, 500, 100);
  listening = createServer(({ url }, response) => response.writeHead(url === '/' ? 200 : 403).end());
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  server = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
});

afterAll(async () => {
  listening.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  root = await mkdtemp(join(folder, 'root '));
});

describe('--backend tensorflow', () => {
  const train = () => ['train', '--backend', 'tensorflow', '--epochs', '1', '--hidden', '8', '--no-verify'];
  const evaluate = () => ['evaluate', '--backend', 'tensorflow'];
  const again = 'Install it again with npx --yes pnpm@10 setup:tensorflow --force.';

  async function failure(args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run([...args, '--data-dir', images]).ended;
    expect(stdout).toBe('');
    expect(code).toBe(1);
    return stderr;
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

  it('tells of a library that is not as it was installed', async () => {
    await fakePackage(place());
    await writeFile(join(root, 'tfjs-node', 'installed.json'), JSON.stringify({ [library]: 1000 }));
    expect(await failure(train())).toBe(
      says(
        `The installation in ${place()} is damaged: ${library} has 13 bytes, and was installed with 1000. ${again}`,
      ),
    );
  });

  it('tells of a damaged addon', async () => {
    await fakePackage(place(), { program: `require('./${addonPath().replaceAll('\\', '/')}')` });
    const message = await failure(train());
    expect(message).toMatch(
      /^error: The tensorflow backend cannot be used: The addon of @tensorflow\/tfjs-node does not load: .*tfjs_binding\.node.*\. Install it again with .* setup:tensorflow --force\.\n$/,
    );
  });

  it('tells of a package that does not load', async () => {
    await fakePackage(place(), { program: `require('./gone')` });
    expect(await failure(train())).toBe(
      says(`The @tensorflow/tfjs-node in ${place()} does not load: Cannot find module './gone'. ${again}`),
    );
  });

  it('tells of a package of another version', async () => {
    await fakePackage(place(), { version: '4.21.0' });
    expect(await failure(train())).toBe(
      says(
        `@tensorflow/tfjs-node 4.21.0 is installed, but TensorFlow.js ${version_core} needs @tensorflow/tfjs-node ${version_core}. ${again}`,
      ),
    );
  });

  it('tells of a library of another version', async () => {
    await fakePackage(place(), { program: standIn('1.15.5') });
    expect(await failure(train())).toBe(
      says(
        `The library in ${place()} is TensorFlow 1.15.5, but tfjs-node ${version_core} needs TensorFlow 2. ${again}`,
      ),
    );
  });

  it('tells of a package that is none', async () => {
    await fakePackage(place(), { program: '' });
    expect(await failure(train())).toBe(
      says(`The @tensorflow/tfjs-node in ${place()} brings no backend. ${again}`),
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

// Programs of the user's that the setup calls, as shell scripts.
describe.skipIf(process.platform === 'win32')('setup-tensorflow', () => {
  let programs: string;
  /** What npm installs. */
  let published: string;

  const setUp = (...args: string[]) =>
    run(['setup-tensorflow', ...args], { PATH: `${programs}:/usr/bin:/bin`, CXX: '', PUBLISHED: published });

  async function program(name: string, script: string): Promise<void> {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(programs, name), 0o755);
  }

  /** What is in the folder of installations. */
  const contents = () => readdir(root);

  beforeEach(async () => {
    programs = await mkdtemp(join(folder, 'programs '));
    published = await mkdtemp(join(folder, 'published '));
    await fakePackage(published, { without: [addonPath(), library] });
    await program(
      'npm',
      'mkdir -p node_modules/@tensorflow && cp -R "$PUBLISHED" node_modules/@tensorflow/tfjs-node',
    );
  });

  it('has the package download its library, tries it, and puts it in its place', async () => {
    const { code, stdout, stderr } = await setUp().ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      `Installing @tensorflow/tfjs-node ${version_core} with npm, 300 MB`,
      `Downloading TensorFlow's library from ${server}`,
      'Training a few steps on it',
    ]);
    expect(stdout).toMatch(/^ {2}Version +TensorFlow 2\.9\.1, tfjs-node/m);
    expect(stdout).toMatch(/^ {2}Loss +from 1\.\d+ to 0\.\d+ in a training of 32 steps$/m);
    expect(await readFile(join(place(), library), 'utf8')).toBe('downloaded cpu,download');
    const json = async (name: string) => JSON.parse(await readFile(join(root, 'tfjs-node', name), 'utf8'));
    expect(await json('package.json')).toMatchObject({
      dependencies: { '@tensorflow/tfjs-node': version_core },
    });
    expect(await json('installed.json')).toEqual({ [addonPath()]: 23, [library]: 23 });
    expect(await contents()).toEqual(['tfjs-node']);
  });

  it('only tries again what is there, unless it is told to install it again', async () => {
    await fakePackage(place(), { program: standIn('2.18.0') });
    const second = await setUp().ended;
    expect(second.stdout).toMatch(
      /^@tensorflow\/tfjs-node is installed already; --force would .*\n\nTensorFlow works/,
    );
    expect(second.stdout).toContain('TensorFlow 2.18.0');
    const forced = await setUp('--force').ended;
    expect(forced.code, forced.stderr).toBe(0);
    expect(forced.stdout).toContain('TensorFlow 2.9.1');
    expect(await contents()).toEqual(['tfjs-node']);
  });

  it.each([
    [
      'is incomplete',
      { without: [addonPath()] },
      /is incomplete: the addon .* is missing\. It is installed again\.\n/,
    ],
    [
      'ends the process',
      { program: 'process.abort()' },
      /ended the process with SIGABRT .* It is installed again\.\n/,
    ],
  ])('installs again what %s', async (_, fake, line) => {
    await fakePackage(place(), fake);
    const { code, stdout, stderr } = await setUp().ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(line);
    expect(stdout).toContain('TensorFlow works.');
  });

  onLinux('takes the library from the wheel where the download fails', async () => {
    const gone = `${server}/gone.tar.gz`;
    await writeFile(join(published, 'scripts', 'install.js'), `console.log('${gone}'); process.exit(1)`);
    await program('c++', 'while [ $# -gt 1 ]; do [ "$1" = -o ] && echo built > "$2"; shift; done');
    await program(
      'python3',
      `case "$1 $3" in
        "-m --version") ;;
        "-m download") while [ "$1" != --dest ]; do shift; done; echo wheel > "$2/$3.whl" ;;
        *) mkdir -p "$4" && echo library > "$4/libtensorflow_cc.so.2" && echo library > "$4/libtensorflow_framework.so.2" ;;
      esac`,
    );
    const { code, stdout, stderr } = await setUp().ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(
      `TensorFlow's library cannot be downloaded: ${gone} is answered with HTTP 403.\nTaking it from the Python wheel instead\n`,
    );
    const files = await readdir(join(place(), 'deps', 'lib'));
    expect(files).toEqual(expect.arrayContaining(['libtensorflow.so', 'libtensorflow_cc.so.2']));
    expect(await readFile(join(place(), 'deps', 'lib', 'libtensorflow.so'), 'utf8')).toBe('library\n');
    expect(await readFile(join(place(), addonPath()), 'utf8')).toBe('built\n');
    expect((await readdir(place())).filter((name) => name.endsWith('.whl'))).toEqual([]);
  });

  onLinux.each([
    ['compiler', ['c++', 'g++', 'clang++'], 'There is no C++ compiler', 'apt install g++'],
    ['Python', ['python3', 'python'], 'There is no Python with pip', 'apt install python3-pip'],
  ])('says that there is no %s', async (_, missing, message, fix) => {
    for (const name of ['c++', 'g++', 'clang++', 'python3', 'python']) {
      await program(name, missing.includes(name) ? 'exit 1' : 'exit 0');
    }
    const { code, stderr } = await setUp('--from', 'wheel').ended;
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain(fix);
    expect(await contents()).toEqual([]);
  });

  it('says that there is no npm, and where it cannot install', async () => {
    await rm(join(programs, 'npm'));
    const path = { PATH: programs };
    expect((await run(['setup-tensorflow'], path).ended).stderr).toBe(
      'error: npm cannot be run: it is not installed.\n',
    );
    const elsewhere = join(published, 'index.js', 'within');
    const ended = await run(['setup-tensorflow'], { HARMONIC_MLP_TENSORFLOW: elsewhere }).ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toBe(`error: Cannot make the folder ${elsewhere}: there is a file of that name.\n`);
  });

  it('leaves an installation alone when another one fails to be made', async () => {
    await fakePackage(place());
    await program('npm', 'echo no such version >&2; exit 1');
    const { code, stderr } = await setUp('--force').ended;
    expect(code).toBe(1);
    expect(stderr).toBe('error: npm failed with exit code 1.\n  no such version\n');
    expect(await contents()).toEqual(['tfjs-node']);
    expect(existsSync(join(place(), addonPath()))).toBe(true);
  });

  it('leaves nothing when it is interrupted, nor a program running', async () => {
    await program('npm', 'echo $$ > "$PUBLISHED/pid"; sleep 600 & wait');
    const { child, ended } = setUp();
    const pid = join(published, 'pid');
    await expect.poll(() => existsSync(pid)).toBe(true);
    await expect.poll(() => readFile(pid, 'utf8')).not.toBe('');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toBe(
      'Interrupted; removing what is unfinished.\nInterrupted. Nothing has been changed.\n',
    );
    expect(await contents()).toEqual([]);
    const number = Number(await readFile(pid, 'utf8'));
    expect(() => process.kill(number, 0)).toThrow('ESRCH');
  });

  it('clears up after a setup that was killed, and puts back what that had moved away', async () => {
    const gone = 2 ** 22 + 1;
    await mkdir(join(root, `unfinished-${gone}`, 'tfjs-node'), { recursive: true });
    await mkdir(join(root, `unfinished-${process.pid}`));
    await fakePackage(published);
    await cp(published, join(root, 'tfjs-node.replaced', 'node_modules', '@tensorflow', 'tfjs-node'), {
      recursive: true,
    });
    const { code, stdout, stderr } = await setUp().ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('is installed already');
    expect((await contents()).sort()).toEqual(['tfjs-node', `unfinished-${process.pid}`]);
  });

  it.runIf(process.arch === 'x64' && process.platform === 'linux')(
    'does not keep what computes on no graphics card with --gpu',
    async () => {
      await program(
        'npm',
        'mkdir -p node_modules/@tensorflow && cp -R "$PUBLISHED" node_modules/@tensorflow/tfjs-node-gpu',
      );
      const { code, stdout, stderr } = await setUp('--gpu').ended;
      expect(code).toBe(1);
      expect(stdout).toContain(`Installing @tensorflow/tfjs-node-gpu ${version_core}`);
      expect(stderr).toMatch(
        /^error: TensorFlow finds no graphics card that it can use: .* leave out --gpu\.\n$/,
      );
      expect(await contents()).toEqual([]);
    },
  );

  it.runIf(process.arch === 'x64' && process.platform === 'linux')(
    'tells what a graphics card needs before it begins, and that the wheel has nothing for one',
    async () => {
      const { code, stdout, stderr } = await setUp('--gpu', '--from', 'wheel').ended;
      expect(code).toBe(1);
      expect(stdout).toContain('CUDA 11.2 and cuDNN 8.1');
      expect(stderr).toContain('Leave out --from wheel, or --gpu.');
    },
  );
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

  it("takes of TensorFlow's wheel its library and the C headers", () => {
    const taken = [
      'tensorflow/libtensorflow_cc.so.2',
      'tensorflow/libtensorflow_framework.so.2',
      'tensorflow/include/tensorflow/c/eager/c_api.h',
      'tensorflow/include/tensorflow/core/platform/ctstring_internal.h',
      'tensorflow/include/tsl/platform/ctstring.h',
      'tensorflow/include/xla/tsl/c/tsl_status.h',
    ];
    expect(taken.filter((name) => wanted.test(name))).toEqual(taken);
    const left = [
      'tensorflow/python/_pywrap_tfe.so',
      'tensorflow/include/Eigen/Core',
      'tensorflow/__init__.py',
      '../tensorflow/libtensorflow_cc.so.2',
      'tensorflow/include/tensorflow/core/framework/tensor.h',
    ];
    expect(left.filter((name) => wanted.test(name))).toEqual([]);
  });
});

describe('why a training on an installation failed', () => {
  it('is what the process said, without the remedy that is under way', () => {
    const message =
      'node failed with exit code 1.\n  error: The tensorflow backend cannot be used: The addon does not load: a.node: undefined symbol: TF_Version. Install it again with pnpm setup:tensorflow --force.';
    expect(whyItFailed(new ProgramFailure(message))).toBe(
      'The addon does not load: a.node: undefined symbol: TF_Version.',
    );
  });

  it('is the signal that ended the process', () => {
    const failure = new ProgramFailure('node was ended by SIGSEGV.', { signal: 'SIGSEGV' });
    expect(whyItFailed(failure)).toContain('ended the process with SIGSEGV');
  });

  it('is its last words otherwise', () => {
    const message =
      'node failed with exit code 127.\n  node: symbol lookup error: undefined symbol: TF_Version';
    expect(whyItFailed(new ProgramFailure(message))).toBe(message);
  });
});
