import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HarmonicMLPOptions, resolveConfig } from 'harmonic-mlp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BackendName } from '.';
import { Choices } from './choices';
import { chooseBackend } from './choose';
import type { Workload } from './probe';
import type { Finding } from './trial';

const started = { description: '', version: '1', device: 'a device' };
const missing: Record<'webgpu' | 'tensorflow', Partial<Finding>> = {
  webgpu: { reason: 'There is no graphics adapter.', remedy: 'Buy one.' },
  tensorflow: { reason: 'It is not installed.', remedy: 'Install it.' },
};
/** Models whose step takes 76,000 multiplications, 12,000, and, as published, 200 million. */
const small = { model: resolveConfig({ hidden: [4] }), batchSize: 8, background: 0 };
const tiny = {
  model: resolveConfig({ inputSize: 1, hidden: [64], task: 'regression' }),
  batchSize: 32,
  background: 0,
};
const published: Workload = { model: resolveConfig(), batchSize: 128, background: 0.81 };

/** A machine on which each backend is as said, and which notes what was tried. */
function machine(findings: Partial<Record<BackendName, Partial<Finding>>>) {
  const tried: string[] = [];
  const tryOne = async ({ backend }: { backend: BackendName }): Promise<Finding> => {
    tried.push(backend);
    return { backend, ...(findings[backend] ?? missing[backend as 'webgpu']) };
  };
  return { tried, tryOne };
}

const measured = (stepSeconds: number, more: Partial<Finding['started']> = {}): Partial<Finding> => ({
  started: { ...started, ...more },
  stepSeconds,
});

describe('the choice of a backend', () => {
  it('is the fastest of those that work, and says how fast each is', async () => {
    const { tried, tryOne } = machine({
      webgpu: measured(0.0012),
      tensorflow: measured(0.0101),
      wasm: measured(0.00745),
    });
    const choice = await chooseBackend(published, { kernels: true, tryOne });
    expect(choice).toMatchObject({
      backend: 'webgpu',
      why: '1.2 ms a step; wasm 7.45 ms; tensorflow 10.1 ms',
    });
    expect(tried).toEqual(['webgpu', 'tensorflow', 'wasm']);
  });

  it('says why others are none', async () => {
    const { tryOne } = machine({ tensorflow: measured(0.01), wasm: measured(0.008) });
    expect(await chooseBackend(published, { kernels: true, tryOne })).toMatchObject({
      backend: 'wasm',
      why: '8 ms a step; tensorflow 10 ms; webgpu: there is no graphics adapter',
    });
  });

  it('measures nothing where only wasm is left', async () => {
    const { tried, tryOne } = machine({ wasm: measured(0.008) });
    expect(await chooseBackend(published, { kernels: true, tryOne })).toMatchObject({
      backend: 'wasm',
      why: 'the only one available; webgpu: there is no graphics adapter; tensorflow: it is not installed',
    });
    expect(tried).toEqual(['webgpu', 'tensorflow']);
  });

  it('never is a software adapter, even one that was measured', async () => {
    const software = measured(0.001, { adapter: 'software', device: 'SwiftShader' });
    const { tryOne } = machine({ webgpu: software, tensorflow: measured(0.1), wasm: measured(0.008) });
    const { backend, why } = await chooseBackend(published, { kernels: true, tryOne });
    expect(backend).toBe('wasm');
    expect(why).toBe('8 ms a step; tensorflow 100 ms; webgpu: only a software adapter (SwiftShader)');
  });

  it('may be the cpu backend for a step that takes next to nothing', async () => {
    const { tried, tryOne } = machine({ wasm: measured(0.0008), cpu: measured(0.0005) });
    expect(await chooseBackend(small, { kernels: true, tryOne })).toMatchObject({ backend: 'cpu' });
    expect(tried).toEqual(['webgpu', 'tensorflow', 'wasm', 'cpu']);
  });

  it('is wasm at once for a step that takes even less', async () => {
    const { tried, tryOne } = machine({ webgpu: measured(0.0001), wasm: measured(0.0008) });
    expect(await chooseBackend(tiny, { kernels: true, tryOne })).toMatchObject({ backend: 'wasm' });
    expect(tried).toEqual([]);
  });
});

describe('the choices of a machine', () => {
  let folder: string;
  const fast = { webgpu: measured(0.0012), tensorflow: measured(0.02), wasm: measured(0.007) };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'choices-'));
  });

  afterEach(async () => {
    vi.useRealTimers();
    await rm(folder, { recursive: true, force: true });
  });

  const choose = (
    { tryOne }: ReturnType<typeof machine>,
    workload: Workload = published,
    { kernels = true, choices = new Choices(folder) } = {},
  ) => chooseBackend(workload, { kernels, choices, tryOne });

  const published784 = (options: HarmonicMLPOptions): Workload => ({
    ...published,
    model: resolveConfig(options),
  });

  it('are measured once for each workload', async () => {
    const here = machine(fast);
    const first = await choose(here);
    here.tried.length = 0;
    for (const same of [
      { ...published, background: 0.812 },
      published784({ seed: 7, residual: 0.2, dropout: 0.3, maxFreq: 4, baseFreq: [1, 2] }),
    ]) {
      const again = await choose(here, same);
      expect(here.tried).toEqual([]);
      expect(again.backend).toBe('webgpu');
      expect(again.why).toMatch(/^as measured on \d{4}-\d\d-\d\d: 1\.2 ms a step/);
      expect(again.why.endsWith(first.why)).toBe(true);
    }

    for (const other of [
      { ...published, batchSize: 4096 },
      { ...published, background: 0.5 },
      published784({ hidden: [64] }),
      published784({ activation: 'relu' }),
      published784({ dropout: 0 }),
    ]) {
      await choose(here, other);
      expect(here.tried).toEqual(['webgpu', 'tensorflow', 'wasm']);
      here.tried.length = 0;
    }
    await choose(here, published, { kernels: false });
    expect(here.tried).toHaveLength(3);
  });

  it('are believed only as long as what was missing still is', async () => {
    const before = machine({ tensorflow: measured(0.005), wasm: measured(0.007) });
    expect(await choose(before)).toMatchObject({ backend: 'tensorflow' });
    before.tried.length = 0;
    expect((await choose(before)).why).toMatch(/^as measured on /);
    expect(before.tried).toEqual(['webgpu']);

    const after = machine(fast);
    expect(await choose(after)).toEqual({
      backend: 'webgpu',
      why: '1.2 ms a step; wasm 7 ms; tensorflow 20 ms',
      missing: [],
      isRemembered: false,
    });
    expect(after.tried).toEqual(['webgpu', 'webgpu', 'tensorflow', 'wasm']);
  });

  it('do not rest on what went wrong once', async () => {
    await choose(machine({ ...fast, webgpu: { reason: 'It did not start within 20 s.' } }));
    expect(await choose(machine(fast))).toMatchObject({ backend: 'webgpu' });
  });

  it('do not wait again for what started and was too slow', async () => {
    const here = machine({ ...fast, webgpu: { started, reason: 'It did not finish a step within 20 s.' } });
    expect(await choose(here)).toMatchObject({ backend: 'wasm', isRemembered: false });
    here.tried.length = 0;
    expect(await choose(here)).toMatchObject({ backend: 'wasm', isRemembered: true });
    expect(here.tried).toEqual([]);
  });

  it('are none where nothing was measured', async () => {
    const here = machine({});
    for (let time = 0; time < 2; time++) {
      here.tried.length = 0;
      expect((await choose(here)).why).toMatch(/^the only one available; webgpu: /);
      expect(here.tried).toEqual(['webgpu', 'tensorflow']);
    }
    expect(await readFile(join(folder, 'backends.json'), 'utf8').catch(() => undefined)).toBeUndefined();
  });

  it('are made anew after they were cleared, and after a month', async () => {
    const here = machine(fast);
    await choose(here);
    await new Choices(folder).clear();
    await choose(here);
    expect(here.tried).toHaveLength(6);
    vi.useFakeTimers({ now: Date.now() + 31 * 24 * 3600 * 1000, toFake: ['Date'] });
    await choose(here);
    expect(here.tried).toHaveLength(9);
  });

  it('are made anew where the file is damaged or cannot be written', async () => {
    const here = machine(fast);
    const file = join(folder, 'backends.json');
    for (const text of ['', '{', 'null', '[]', '{"a":1}']) {
      await writeFile(file, text);
      here.tried.length = 0;
      expect(await choose(here)).toMatchObject({ backend: 'webgpu' });
      expect(here.tried).toHaveLength(3);
    }
    expect(JSON.parse(await readFile(file, 'utf8'))).not.toEqual({});
    const inAFile = { choices: new Choices(join(file, 'cache')) };
    expect(await choose(here, published, inAFile)).toMatchObject({ backend: 'webgpu' });
  });

  it('are not kept of a trial that was interrupted', async () => {
    const controller = new AbortController();
    const { tryOne } = machine(fast);
    const choices = new Choices(folder);
    const interrupting: typeof tryOne = async (trial) => {
      controller.abort();
      return tryOne(trial);
    };
    await expect(
      chooseBackend(published, {
        kernels: true,
        choices,
        signal: controller.signal,
        tryOne: interrupting,
      }),
    ).rejects.toThrow();
    const here = machine(fast);
    await choose(here);
    expect(here.tried).toHaveLength(3);
  });
});
