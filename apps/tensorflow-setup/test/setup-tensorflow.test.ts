/** @module-tag long */

import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonPath } from '@harmonic-mlp/node-trainer';
import { version_core } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Fake,
  fakePackage as fakePackageFrom,
  library,
  standIn,
} from '../../node-trainer/test/fake-tensorflow';
import { runHere } from '../../node-trainer/test/trainer-here';
import { start } from '../../node-trainer/test/trainer-process';
import { addSetupTensorflowCommand } from '../src/command';

// The sources try backends in the built program.
vi.mock('../../node-trainer/src/command-line', async (original) => ({
  ...(await original<object>()),
  mainFile: (await import('../../node-trainer/test/trainer-process')).main,
}));

/** The built setup, which `pnpm test` builds first. */
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** For what only works on Linux. */
const onLinux = it.runIf(process.platform === 'linux');

let folder: string;
/** The folder of installations. */
let root: string;
/** The address of a server that responds. */
let server: string;
let listening: Server;

const place = () => join(root, 'tfjs-node', 'node_modules', '@tensorflow', 'tfjs-node');

const fakePackage = (folder: string, fake: Fake = {}) => fakePackageFrom(folder, { server, ...fake });

const options = (env: Record<string, string>) => ({
  cwd: folder,
  env: { HARMONIC_MLP_TENSORFLOW: root, ...env },
});
const run = (args: string[], env: Record<string, string> = {}) =>
  runHere(args, { ...options(env), commands: addSetupTensorflowCommand });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic tensorflow é '));
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

// The user's programs that the setup calls are shell scripts.
describe.skipIf(process.platform === 'win32')('setup-tensorflow', () => {
  let programs: string;
  /** The package that npm installs. */
  let published: string;

  const environment = () => ({ PATH: `${programs}:/usr/bin:/bin`, CXX: '', PUBLISHED: published });
  const setUp = (...args: string[]) => run(['setup-tensorflow', ...args], environment());
  /** In a process of its own, as a user starts it. */
  const startSetUp = (...args: string[]) =>
    start(['setup-tensorflow', ...args], { main, ...options(environment()) });

  async function program(name: string, script: string): Promise<void> {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(programs, name), 0o755);
  }

  /** The content of the folder of installations. */
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

  it('names the nearest place to get the library from', async () => {
    const { code, stderr } = await setUp('--from', 'whel');
    expect(code).toBe(2);
    expect(stderr).toContain(
      '--from is "whel"; it must be one of "official", "wheel". Did you mean "wheel"?',
    );
  });

  it('has the package download its library, tries it, and moves it into place', async () => {
    const { code, stdout, stderr } = await startSetUp().ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      `Installing @tensorflow/tfjs-node ${version_core} with npm, 300 MB`,
      `Downloading TensorFlow's library from ${server}`,
      'Training a few steps on it',
    ]);
    expect(stdout).toMatch(/^ {2}Version +TensorFlow 2\.9\.1, tfjs-node/m);
    expect(stdout).toMatch(/^ {2}Loss +from 1\.\d+ to 0\.\d+ in 32 training steps$/m);
    expect(await readFile(join(place(), library), 'utf8')).toBe('downloaded cpu,download');
    const json = async (name: string) => JSON.parse(await readFile(join(root, 'tfjs-node', name), 'utf8'));
    expect(await json('package.json')).toMatchObject({
      dependencies: { '@tensorflow/tfjs-node': version_core },
    });
    expect(await json('installed.json')).toEqual({ [addonPath()]: 23, [library]: 23 });
    expect(await contents()).toEqual(['tfjs-node']);
  });

  it('only tries what is already there, unless told to reinstall it', async () => {
    await fakePackage(place(), { program: standIn('2.18.0') });
    const second = await setUp();
    expect(second.stdout).toMatch(
      /^@tensorflow\/tfjs-node is already installed \(use --force .*\n\nTensorFlow works/,
    );
    expect(second.stdout).toContain('TensorFlow 2.18.0');
    const forced = await setUp('--force');
    expect(forced.code, forced.stderr).toBe(0);
    expect(forced.stdout).toContain('TensorFlow 2.9.1');
    expect(await contents()).toEqual(['tfjs-node']);
  });

  it.each([
    [
      'is incomplete',
      { without: [addonPath()] },
      /is incomplete: the addon .* is missing\.\nReinstalling it\n/,
    ],
    [
      'ends the process',
      { program: 'process.abort()' },
      /crashed the process \(SIGABRT\): [^\n]*\nReinstalling it\n/,
    ],
    [
      'does not load',
      { program: "console.error('undefined symbol: TF_Version'); process.exit(127)" },
      /^Its process ended with code 127\.\n {2}undefined symbol: TF_Version\nReinstalling it\n/m,
    ],
    [
      'crashes once it is done',
      { program: `${standIn('2.9.1')}; process.on('exit', () => process.abort())` },
      /crashed the process \(SIGABRT\): [^\n]*\nReinstalling it\n/,
    ],
  ])('reinstalls what %s', async (_, fake, line) => {
    await fakePackage(place(), fake);
    const { code, stdout, stderr } = await setUp();
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(line);
    expect(stdout).toContain('TensorFlow works.');
  });

  onLinux('takes the library from the wheel if the download fails', async () => {
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
    const { code, stdout, stderr } = await setUp();
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(
      `TensorFlow's library cannot be downloaded: The server answers HTTP 403 for ${gone}.\nTaking it from the Python wheel instead\n`,
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
    const { code, stderr } = await setUp('--from', 'wheel');
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain(fix);
    expect(await contents()).toEqual([]);
  });

  it('says that npm is missing, and where it cannot install', async () => {
    await rm(join(programs, 'npm'));
    const path = { PATH: programs };
    expect((await run(['setup-tensorflow'], path)).stderr).toBe(
      'error: npm cannot be run: it is not installed.\n',
    );
    const elsewhere = join(published, 'index.js', 'within');
    const ended = await run(['setup-tensorflow'], { HARMONIC_MLP_TENSORFLOW: elsewhere });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toBe(
      `error: ${elsewhere}: The folder cannot be created: there is a file with that name.\n`,
    );
  });

  it('leaves an installation alone when its replacement fails', async () => {
    await fakePackage(place());
    await program('npm', 'echo no such version >&2; exit 1');
    const { code, stderr } = await setUp('--force');
    expect(code).toBe(1);
    expect(stderr).toBe('error: npm failed with exit code 1.\n  no such version\n');
    expect(await contents()).toEqual(['tfjs-node']);
    expect(existsSync(join(place(), addonPath()))).toBe(true);
  });

  it('leaves no files and no running program behind when it is interrupted', async () => {
    await program('npm', 'echo $$ > "$PUBLISHED/pid"; sleep 600 & wait');
    const { child, ended } = startSetUp();
    const pid = join(published, 'pid');
    await expect.poll(() => existsSync(pid)).toBe(true);
    await expect.poll(() => readFile(pid, 'utf8')).not.toBe('');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toBe(
      'Interrupted; removing the unfinished installation.\nInterrupted. Nothing has been changed.\n',
    );
    expect(await contents()).toEqual([]);
    const number = Number(await readFile(pid, 'utf8'));
    expect(() => process.kill(number, 0)).toThrow('ESRCH');
  });

  it('cleans up after a killed setup, and puts back what that had moved away', async () => {
    const gone = 2 ** 22 + 1;
    await mkdir(join(root, `unfinished-${gone}`, 'tfjs-node'), { recursive: true });
    await mkdir(join(root, `unfinished-${process.pid}`));
    await fakePackage(published);
    await cp(published, join(root, 'tfjs-node.replaced', 'node_modules', '@tensorflow', 'tfjs-node'), {
      recursive: true,
    });
    const { code, stdout, stderr } = await setUp();
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('is already installed');
    expect((await contents()).sort()).toEqual(['tfjs-node', `unfinished-${process.pid}`]);
  });

  it.runIf(process.arch === 'x64' && process.platform === 'linux')(
    'with --gpu does not keep an installation that finds no graphics card',
    async () => {
      await program(
        'npm',
        'mkdir -p node_modules/@tensorflow && cp -R "$PUBLISHED" node_modules/@tensorflow/tfjs-node-gpu',
      );
      const { code, stdout, stderr } = await setUp('--gpu');
      expect(code).toBe(1);
      expect(stdout).toContain(`Installing @tensorflow/tfjs-node-gpu ${version_core}`);
      expect(stderr).toMatch(
        /^error: TensorFlow finds no graphics card that it can use: .* leave out --gpu\.\n$/,
      );
      expect(await contents()).toEqual([]);
    },
  );

  it.runIf(process.arch === 'x64' && process.platform === 'linux')(
    'says what a graphics card needs before it begins, and that the wheel does not support one',
    async () => {
      const { code, stdout, stderr } = await setUp('--gpu', '--from', 'wheel');
      expect(code).toBe(1);
      expect(stdout).toContain('CUDA 11.2 and cuDNN 8.1');
      expect(stderr).toContain('Leave out --from wheel, or --gpu.');
    },
  );
});
