import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { cutMnist, type Ended, main, start as startTrainer } from './trainer-process';

let folder: string;
let cut: string;

beforeAll(async () => {
  expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'harmonic output '));
  cut = join(folder, 'cut');
  await mkdir(cut);
  await cutMnist(cut, 2000, 500);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const options = () => ({ cwd: folder, env: { HARMONIC_MLP_DATA: join(folder, 'cache') } });
const training = (out: string, epochs: number) => [
  ...['train', '--hidden', '32', '--batch-size', '100', '--no-verify', '--backend', 'wasm'],
  ...['--data-dir', cut, '--epochs', String(epochs), '--out', out],
];

/** A file of Linux where every write fails as on a full disk. */
const full = '/dev/full';
const onFullDisk = it.skipIf(!existsSync(full));

/** Runs the command line with one of its outputs on a full disk. */
async function withFull(which: 1 | 2, args: string[]): Promise<Ended> {
  const file = await open(full, 'w');
  try {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: { ...process.env, ...options().env, NO_COLOR: '1', FORCE_COLOR: undefined },
      stdio: ['ignore', which === 1 ? file.fd : 'pipe', which === 2 ? file.fd : 'pipe'],
    });
    return await ending(child);
  } finally {
    await file.close();
  }
}

function ending(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

describe('output that cannot be written', () => {
  onFullDisk.each([1, 2] as const)('does not end a training: stream %i', async (which) => {
    const out = join(folder, `full-${which}`);
    const ended = await withFull(which, training(out, 2));
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect((await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(2);
  });

  // On Windows, a pipe that nobody reads accepts what is written.
  it.skipIf(process.platform === 'win32').each(['stdout', 'stderr'] as const)(
    'does not end a training whose reader has gone: %s',
    async (which) => {
      const out = join(folder, `unread ${which}`);
      const { child, ended } = startTrainer(training(out, 3), options());
      child[which]!.destroy();
      expect(await ended).toMatchObject({ code: 0, signal: null });
      expect((await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(3);
    },
  );

  onFullDisk('ends any other command with a line on the other stream', async () => {
    await Promise.all(
      [['data', 'list'], ['data', 'list', '--json'], ['train', '--help'], ['--version']].map(async (args) =>
        expect(await withFull(1, args), args.join(' ')).toMatchObject({
          code: 1,
          stderr: 'error: standard output cannot be written: the disk is full.\n',
        }),
      ),
    );
    expect(await withFull(2, ['evaluate', '--model', 'nowhere'])).toMatchObject({
      code: 1,
      stdout: 'error: standard error cannot be written: the disk is full.\n',
    });
    expect(await withFull(2, ['evaluate', '--model', 'nowhere', '--json'])).toMatchObject({
      code: 1,
      stdout: '',
    });
  });

  it.skipIf(process.platform === 'win32').each([
    [['data', 'list']],
    // This one has work in progress to end.
    [['backends', '--hidden', '8']],
  ])('quietly ends any other command whose reader has gone: %j', async (args) => {
    const { child, ended } = startTrainer(args, options());
    child.stdout!.destroy();
    expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});

/** Whether there is the program of util-linux and BSD that runs another one on a terminal. */
const hasScript = (() => {
  if (process.platform === 'win32') return false;
  try {
    execFileSync('script', ['-q', ...(process.platform === 'linux' ? ['-c', 'true'] : []), '/dev/null'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasScript || process.platform !== 'linux')(
  'on a terminal (needs script of util-linux)',
  () => {
    const quoted = (args: string[]) => args.map((arg) => `'${arg}'`).join(' ');

    /** Runs the command line on a terminal with a number of columns. */
    function onTerminal(args: string[], columns: number, env: Record<string, string | undefined> = {}) {
      const command = `stty cols ${columns}; exec ${quoted([process.execPath, main, ...args])}`;
      const child = spawn('script', ['-qefc', command, '/dev/null'], {
        cwd: folder,
        env: {
          ...process.env,
          ...options().env,
          npm_lifecycle_event: 'train',
          TERM: 'xterm',
          NO_COLOR: '1',
          FORCE_COLOR: undefined,
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return { child, ended: ending(child) };
    }

    /** The lines that stay on the screen: a carriage return or an erasure removes what was written before it. */
    const shown = ({ stdout }: Ended) =>
      stdout
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these control a terminal.
        .replace(/\x1b(?:\[[0-9;?]*[A-Za-z]|[78])/g, (code) => (/\[[0-9;]*[GK]$/.test(code) ? '\r' : ''))
        .split(/\r?\n/)
        .map((line) => line.split('\r').at(-1)!);

    it.each([80, 50])('breaks no word and no table at %i columns', async (columns) => {
      const here = (args: string[]) => runHere(args, { ...options(), columns });
      const train = (backend: string) => [
        ...['train', '--backend', backend, '--epochs', '1', '--no-verify', '--data-dir', cut],
        ...['--out', `wide-${columns}`],
      ];
      // One of them on a real terminal, where backends are tried.
      const trained =
        columns === 50 ? await onTerminal(train('auto'), columns).ended : await here(train('wasm'));
      const lines = shown(trained);
      // A command to paste stays on one line, which the terminal itself may break.
      const commands = lines.filter((line) => line.startsWith('  npx '));
      for (const line of lines)
        if (!commands.includes(line)) expect(line.length, line).toBeLessThanOrEqual(columns);
      // That no card was found is no reason for advice about drivers.
      const [choice] = lines.join(' ').match(/Backend wasm: the only one available.*?Harmonic MLP on/) ?? [];
      expect(choice ?? '').not.toMatch(/Vulkan|driver/);
      const numbers = lines.filter((line) => / (401,920|131,328|2,570)$/.test(line));
      expect(new Set(numbers.map((line) => line.length)).size).toBe(1);
      expect(numbers).toHaveLength(3);
      for (const [args, text] of [
        [['data', 'verify', 'mnist'], 'as published'],
        [['data', 'list'], 'fashion-mnist'],
        [
          ['evaluate', '--model', 'a folder with a long name/and another that is even longer/last'],
          'The model cannot be read',
        ],
        [['train', '--resume', `wide-${columns}`, '--batch-size', '9'], 'the run keeps what it was started'],
      ] as const) {
        const ended = await here([...args]);
        const output = shown({ ...ended, stdout: ended.stdout + ended.stderr });
        expect(output.join('\n').replaceAll(/\s+/g, ' ')).toContain(text);
        // A path is a word, and may be longer than a line.
        for (const line of output) {
          if (line.trim().includes(' ') || line.length <= columns)
            expect(line.length, line).toBeLessThanOrEqual(columns);
        }
      }
    });

    it('writes escape codes depending on the stream, its terminal, NO_COLOR and FORCE_COLOR', async () => {
      const env = { NO_COLOR: undefined, CI: 'true' };
      const code = '\x1b[';
      const verify = (more: Record<string, string | undefined>, columns?: number) =>
        runHere(['data', 'verify', 'mnist'], { cwd: folder, env: { ...env, ...more }, columns });
      const plain = await verify({});
      expect(plain.stdout).toContain('MNIST');
      expect(plain.stdout).not.toContain(code);
      expect((await verify({ FORCE_COLOR: '1' })).stdout).toContain(code);
      const error = ['evaluate', '--model', 'nowhere'];
      const never = { cwd: folder, env: { ...env, FORCE_COLOR: '0' }, columns: 80 };
      expect((await runHere(error, never)).stderr).not.toContain(code);
      expect((await verify({}, 80)).stdout).toContain(code);
      expect((await onTerminal(['data', 'verify', 'mnist'], 80, env).ended).stdout).toContain(code);
      for (const none of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
        expect((await verify(none, 80)).stdout, JSON.stringify(none)).not.toContain(code);
      }
      // One stream is the terminal, the other is a file.
      const command = `${quoted([process.execPath, main, 'data', 'verify', 'mnist'])} > file`;
      const mixed = spawn('script', ['-qefc', command, '/dev/null'], {
        cwd: folder,
        env: { ...process.env, TERM: 'xterm', NO_COLOR: undefined, FORCE_COLOR: undefined },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      await ending(mixed);
      expect(await readFile(join(folder, 'file'), 'utf8')).not.toContain(code);
    });

    it('saves and exits with 130 when its terminal is closed', async () => {
      const out = join(folder, 'closed');
      const noted = join(folder, 'ending');
      // Like a shell, it forwards the loss of the terminal; it notes how the command ended.
      await writeFile(
        join(folder, 'witness.mjs'),
        `import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
      const [noted, ...args] = process.argv.slice(2);
      const child = spawn(process.execPath, args, { stdio: 'inherit' });
      process.on('SIGHUP', () => child.kill('SIGHUP'));
      child.on('close', (...ending) => {
        writeFileSync(noted, JSON.stringify(ending));
        process.kill(process.pid, 'SIGKILL');
      });`,
      );
      const command = quoted([process.execPath, 'witness.mjs', noted, main, ...training(out, 1000)]);
      const child = spawn('script', ['-qefc', `exec ${command}`, '/dev/null'], {
        cwd: folder,
        env: { ...process.env, ...options().env, TERM: 'xterm' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let screen = '';
      child.stdout.on('data', (data) => {
        screen += data;
      });
      await expect.poll(() => existsSync(join(out, 'checkpoints'))).toBe(true);
      await expect.poll(() => screen).toMatch(/epoch \d+\/1000 {2}[━─]+ {2}\d+\/20 {2}\d+ (s|min) left/);
      child.kill('SIGKILL');
      await expect.poll(() => existsSync(noted) && readFileSync(noted, 'utf8')).toBe('[130,null]');
      // Whole, and from a step after the last saved epoch.
      expect((await readdir(out)).sort()).toEqual([
        'best.safetensors',
        'checkpoints',
        'config.json',
        'events.jsonl',
        'last.safetensors',
        'metrics.jsonl',
      ]);
      const resumed = await runHere(['train', '--resume', out, '--epochs', '1'], options());
      expect(resumed.stderr).toMatch(/The run already has \d+ epochs?\./);
    });
  },
);
