/** @module-tag long */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, pnpm } from '../packages/command';
import { readManifest, root } from '../packages/published-packages';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic launcher '));
});

/** Processes that would keep training if a test fails midway. */
const left = new Set<number>();

afterAll(async () => {
  for (const pid of left) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts a program in the repository, as a user does. */
function start([program, ...args]: string[], env: Record<string, string | undefined> = {}) {
  const child = spawn(program, args, {
    cwd: root,
    env: {
      ...process.env,
      ...env,
      // Variables that pnpm set for the program that runs this test.
      ...(env.npm_lifecycle_event === undefined && { npm_lifecycle_event: undefined }),
      HARMONIC_MLP_DATA: join(folder, 'cache'),
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      NODE_ENV: undefined,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && program !== process.execPath,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

const run = (...command: string[]) => start(command).ended;
const direct = [process.execPath, 'harmonic.mjs'];

describe('a command', () => {
  it.each([
    ['pnpm', pnpm()],
    ['pnpm --silent', [...pnpm(), '--silent']],
    ['the direct way', direct],
  ])('prints nothing but its own answer when all is built, by %s', async (_, runner) => {
    const { code, stdout, stderr } = await run(...runner, 'data', 'list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^name {2,}images .*\nmnist .*\n[\s\S]*emnist-balanced .*\n$/);
  });

  it.each([
    ['pnpm', pnpm(), 'npx --yes pnpm@10'],
    ['the direct way', direct, 'node harmonic.mjs'],
  ])(
    'ends with its own error and exit code, and its own name in the usage, by %s',
    async (_, runner, name) => {
      const failed = await run(...runner, 'evaluate', '--model', 'nowhere');
      expect(failed).toMatchObject({ code: 1, stdout: '' });
      expect(failed.stderr).toMatch(/^error: .*nowhere: The model cannot be read: it does not exist\.\n$/);
      const misused = await run(...runner, 'train', '--epochs', 'many');
      expect(misused).toEqual({
        code: 2,
        stdout: '',
        stderr: 'error: --epochs is "many"; it must be an integer at least 1.\n',
      });
      const { stdout } = await run(...runner, 'train', '--help');
      expect(stdout).toContain(`Usage: ${name} train [options]\n`);
    },
  );

  it('takes its options as they are, with what shells and package managers do to them', async () => {
    const odd = ['a b', "it's", '$HOME', '"quoted"', 'back\\slash', '*'].join(', ');
    for (const runner of [pnpm(), direct]) {
      const { stderr } = await run(...runner, 'evaluate', '--model', odd);
      expect(stderr).toBe(`error: ${join(root, odd)}: The model cannot be read: it does not exist.\n`);
    }
    expect((await run(...direct, 'train', '--', '--epochs', '0')).stderr).toContain('--epochs is 0');
  });

  it('that is none is refused, with those that there are', async () => {
    expect(await run(...direct, 'trian')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: Unknown command "trian"\.[\s\S]* train/),
    });
  });

  it('is listed where help is asked for', async () => {
    for (const option of ['--help', '-h']) {
      const { code, stdout, stderr } = await run(...direct, option);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: node harmonic\.mjs <command> \[options\]\n[\s\S]*\n {2}train\n/);
    }
  });

  it('is a script of package.json, each, and no script has a shell in between', () => {
    const { scripts } = readManifest(root) as unknown as { scripts: Record<string, string> };
    const named = [
      'train',
      'lr-find',
      'sweep',
      'worker',
      'runs',
      'report',
      'evaluate',
      'predict',
      'data',
      'backends',
    ];
    for (const name of [...named, 'test', 'demo']) expect(scripts[name]).toBe(`node harmonic.mjs ${name}`);
  });

  it('may need more with an option: native code for plots in PNG, or the client of a queue', async () => {
    const { commands } = await import(pathToFileURL(join(root, 'tools/launcher/commands.mjs')).href);
    const { needs } = commands.report;
    expect([needs(['run']), needs(['run', '--png'])]).toEqual([
      ['@harmonic-mlp/report'],
      ['@harmonic-mlp/report', '@harmonic-mlp/report-png'],
    ]);
    const queue = '@harmonic-mlp/sweep-queue';
    const { sweep, worker } = commands;
    expect(sweep.needs(['--jobs', '1'])).not.toContain(queue);
    for (const option of ['--queue', '--queue=redis://host']) expect(sweep.needs([option])).toContain(queue);
    expect(worker.needs).toContain(queue);
  });
});

const signals = describe.skipIf(process.platform === 'win32');

signals('what a command needs', () => {
  const tools = (name: string) => pathToFileURL(join(root, 'tools/launcher', name)).href;
  /** Runs a program that uses part of the launcher. */
  const using = (source: string) => start([process.execPath, '--input-type=module', '-e', source]);

  it('is ended with all that it has started', async () => {
    const grandchild = `console.log(process.pid); setInterval(() => {}, 1000)`;
    const child = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' })`;
    const { child: parent, ended } = using(`
      import { runChild } from '${tools('child.mjs')}'; import { listenToSignals } from '${tools('signals.mjs')}';
      listenToSignals();
      await runChild([process.execPath, '-e', ${JSON.stringify(child)}], { onLine: (line) => console.log(line) })
        .catch((error) => { console.log(error.constructor.name); process.exitCode = 130; });`);
    let pid = 0;
    parent.stdout.on('data', (data) => {
      pid ||= Number(data);
    });
    await expect.poll(() => pid).toBeGreaterThan(0);
    parent.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 130, stdout: `${pid}\nInterrupted\n` });
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('is installed and built by one command at a time, and by another when that was killed', async () => {
    const place = await mkdtemp(join(folder, 'locks '));
    // The lock is next to the launcher's own folder.
    await cp(join(root, 'tools/launcher'), join(place, 'tools/launcher'), { recursive: true });
    const lock = pathToFileURL(join(place, 'tools/launcher/lock.mjs')).href;
    const holding = () =>
      using(`import { alone } from '${lock}';
        await alone(async () => { console.log('begins'); await new Promise((r) => setTimeout(r, 500)); console.log('ends'); });`);
    const texts = await Promise.all([1, 2, 3].map(async () => (await holding().ended).stdout));
    expect(texts).toEqual(Array(3).fill('begins\nends\n'));
    await writeFile(join(place, '.harmonic.lock'), '');
    await utimes(join(place, '.harmonic.lock'), new Date(0), new Date(0));
    expect((await holding().ended).stdout).toBe('begins\nends\n');
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

signals('a signal', () => {
  const training = (out: string) => [
    'train',
    '--hidden',
    '16',
    '--epochs',
    '1000',
    '--backend',
    'wasm',
    '--out',
    out,
  ];

  /** Ends a run with a signal to the started process, once it has saved two epochs: then it keeps an earlier checkpoint. */
  async function endedBy(signal: NodeJS.Signals, runner: string[], env = {}) {
    const out = await mkdtemp(join(folder, 'run '));
    const { child, ended } = start([...runner, ...training(out)], env);
    await Promise.race([
      ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
      expect.poll(() => existsSync(join(out, 'checkpoints'))).toBe(true),
    ]);
    const pid = Number(JSON.parse(readFileSync(join(out, 'run.lock'), 'utf8')).pid);
    left.add(pid);
    child.kill(signal);
    const { code } = await ended;
    // The training process has ended and released its folder.
    await expect.poll(() => isAlive(pid)).toBe(false);
    left.delete(pid);
    expect((await readdir(out)).sort()).toEqual([
      'best.safetensors',
      'checkpoints',
      'config.json',
      'events.jsonl',
      'last.safetensors',
      'metrics.jsonl',
    ]);
    return code;
  }

  it.skipIf(pnpm()[0] === 'npx')(
    'to pnpm ends the training, which is saved (skipped where pnpm does not run this)',
    async () => {
      expect(await endedBy('SIGTERM', pnpm())).toBe(130);
    },
  );

  it.each([
    ['node itself', direct],
    ['bash', ['bash', '-c', 'node harmonic.mjs "$@"', 'bash']],
    ['exec of sh', ['sh', '-c', 'exec node harmonic.mjs "$@"', 'sh']],
  ])('to %s ends the training, which is saved', async (_, runner) => {
    expect(await endedBy('SIGTERM', runner)).toBe(130);
  });

  it('that kills the package manager ends the training, which is saved', async () => {
    await endedBy('SIGKILL', ['sh', '-c', 'node harmonic.mjs "$@"; true', 'sh'], {
      npm_lifecycle_event: 'train',
    });
  });
});

describe('the repository', () => {
  // On other platforms, the build tools' programs have other sizes. The import checker, dependency-cruiser, takes 4 MB
  // of it, the tables of vega-datasets, for a study, 42 MB, the charts of reports 66 MB, the library that writes them as PNG
  // 35 MB, and the queue 16 MB.
  it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
    'installs no more than 880 MB with all that tests and checks need (on x64 Linux)',
    () => {
      const kilobytes = Number(
        execFileSync('du', ['-sk', '--apparent-size', 'node_modules/.pnpm'], {
          cwd: root,
          encoding: 'utf8',
        }).split('\t')[0],
      );
      expect(kilobytes / 1024).toBeLessThanOrEqual(880);
    },
  );

  it('has a launcher that Node runs without anything installed', () => {
    const files = execFileSync('git', ['ls-files', 'tools/launcher', 'harmonic.mjs'], {
      cwd: root,
      encoding: 'utf8',
    });
    for (const file of files.trim().split('\n')) {
      const source = readFileSync(join(root, file), 'utf8');
      for (const [, from] of source.matchAll(/from '([^']+)'/g)) expect(from, file).toMatch(/^(node:|\.)/);
    }
  });
});
