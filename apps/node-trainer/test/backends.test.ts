import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Finding } from '../src/backends';
import { runHere } from './trainer-here';
import { cutMnist, type Ended, events, start } from './trainer-process';

let folder: string;
/** A model whose step is so short that wasm and cpu are tried too. */
const train = [
  ...['train', '--json', '--epochs', '1', '--hidden', '4', '--batch-size', '8', '--data-dir', '.'],
  ...['--no-verify', '--out', 'run'],
];

/** Without the user's own choices and TensorFlow. */
const environment = () => ({
  HARMONIC_MLP_DATA: join(folder, 'cache'),
  HARMONIC_MLP_TENSORFLOW: join(folder, 'none'),
});

/** Runs the command line in another process, which tries backends in further ones. */
const run = (...args: string[]): Promise<Ended> => start(args, { cwd: folder, env: environment() }).ended;
/** Runs it in this process, where a trial returns what is {@link found}. */
const here = (args: string[], columns?: number) =>
  runHere(args, { cwd: folder, env: environment(), columns });

/** What trials in this process find. */
const found: Record<Finding['backend'], Omit<Finding, 'backend'>> = {
  webgpu: {
    reason: 'No graphics card was found.',
    remedy:
      'If there is one, install its Vulkan driver, and its loader; a container also needs NVIDIA_DRIVER_CAPABILITIES=all.',
  },
  tensorflow: { reason: 'It did not finish a step within 60 s.' },
  wasm: {
    started: {
      description: 'wasm backend with relaxed SIMD kernels',
      version: 'tfjs-backend-wasm 4.22.0',
      device: 'Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz',
    },
    stepSeconds: 0.00781,
  },
  cpu: {
    started: { description: 'cpu backend', version: 'tfjs-backend-cpu 4.22.0', device: 'a processor' },
    reason: 'It is out of memory.',
  },
};
// Only in this process, not in those that it starts.
vi.mock('../src/backends/trial', async (original) => ({
  ...(await original<object>()),
  tryBackend: async ({ backend }: Finding) => ({ backend, ...found[backend] }),
}));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backends-'));
  await cutMnist(folder, 200, 50);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('train', () => {
  it('chooses the fastest backend by itself, says why, and remembers it', async () => {
    const first = await run(...train);
    expect(first.code, first.stderr).toBe(0);
    const [choice, ...rest] = events(first);
    expect(choice).toEqual({
      event: 'backend',
      backend: expect.stringMatching(/^(webgpu|wasm|cpu)$/),
      computes: expect.any(String),
      device: expect.any(String),
      why: expect.stringMatching(/^[\d.]+ ms a step; .*tensorflow: .* is not installed/),
    });
    expect(rest.at(-1)).toMatchObject({ event: 'summary', backend: choice.backend });
    const config = JSON.parse(await readFile(join(folder, 'run', 'config.json'), 'utf8'));
    expect(config).toMatchObject({ backend: choice.backend, device: choice.device });

    const again = events(await run(...train))[0];
    expect(again.backend).toBe(choice.backend);
    expect(again.why).toMatch(/^as measured on \d{4}-\d\d-\d\d: /);
    expect(again.why).toContain(choice.why);
  });

  it('says what it chose in one line', async () => {
    const { stdout, stderr } = await here(train.filter((option) => option !== '--json'));
    expect(stdout).toMatch(/^Backend (webgpu|wasm|cpu): as measured on .* ms a step; .*\n.* MLP on MNIST/);
    expect(stderr).toBe('');
  });

  it('resumes on the backend that the run was started with', async () => {
    const started = await here([...train, '--backend', 'cpu', '--out', 'cpu']);
    expect(events(started).at(-1).backend).toBe('cpu');
    const resumed = await here(['train', '--json', '--resume', 'cpu', '--epochs', '2']);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(events(resumed).map(({ event, backend }) => [event, backend])).toEqual([
      ['epoch', undefined],
      ['summary', 'cpu'],
    ]);
  });
});

describe('backends', () => {
  it('measures every available backend, and says what the others need', async () => {
    const ended = await run('backends', '--json', '--hidden', '16', '--batch-size', '32');
    expect(ended.code, ended.stderr).toBe(0);
    const [report, ...more] = events(ended);
    expect(more).toEqual([]);
    expect(report).toMatchObject({
      node: process.version,
      tfjs: '4.22.0',
      simd: true,
      relaxedSimd: expect.any(Boolean),
      workload: { hidden: [16], batchSize: 32 },
      datasets: expect.arrayContaining([expect.objectContaining({ name: 'mnist', source: 'package' })]),
    });
    const [webgpu, tensorflow, ...always] = report.backends;
    expect(tensorflow).toMatchObject({ backend: 'tensorflow', present: false });
    for (const missing of [webgpu, tensorflow].filter(({ present }) => !present)) {
      expect(missing).toMatchObject({
        reason: expect.stringMatching(/\.$/),
        remedy: expect.stringMatching(/\.$/),
      });
    }
    expect(always).toMatchObject(
      ['wasm', 'cpu'].map((backend) => ({
        backend,
        present: true,
        version: `tfjs-backend-${backend} 4.22.0`,
        device: expect.any(String),
        stepSeconds: expect.any(Number),
      })),
    );
    expect(['webgpu', 'wasm', 'cpu']).toContain(report.recommendation);
  });

  it('shows the results to people', async () => {
    const { stdout, stderr } = await here(['backends', '--hidden', '16', '--batch-size', '32']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Node {10}v\d+/);
    expect(stdout).toMatch(
      /\nwasm {10}wasm backend with .*\n( {14}.+\n)+ {14}7\.81 ms a step, 4,097 images\/s\n/,
    );
    expect(stdout).toMatch(/\nFastest {7}(webgpu|wasm|cpu) for 784-16-10 in batches of 32;/);
  });

  it.each([80, 60, 40])('fits a terminal of %i columns', async (columns) => {
    const { stdout } = await here(['backends', '--hidden', '4'], columns);
    expect(stdout).toContain('No graphics card was found.');
    expect(stdout).toContain('Fastest');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(stdout.split('\n').some((line) => line.length > columns - 10)).toBe(true);
  });
});
