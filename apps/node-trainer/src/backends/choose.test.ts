import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BackendName } from '.';
import { Choices } from './choices';
import { chooseBackend } from './choose';
import type { Workload } from './probe';
import type { Finding } from './survey';

const started = { description: '', version: '1', device: 'a device' };
const missing: Record<'webgpu' | 'tensorflow', Partial<Finding>> = {
  webgpu: { reason: 'There is no graphics adapter.', remedy: 'Buy one.' },
  tensorflow: { reason: 'It is not installed.', remedy: 'Install it.' },
};
/** A model whose step takes 1,000 multiplications or so, and the published one. */
const small = { model: { inputSize: 4, hidden: [8], classes: 2 }, batchSize: 8, background: 0 };
const published: Workload = { model: {}, batchSize: 128, background: 0.81 };

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
    expect(choice).toEqual({ backend: 'webgpu', why: '1.2 ms a step; wasm 7.45 ms; tensorflow 10.1 ms' });
    expect(tried).toEqual(['webgpu', 'tensorflow', 'wasm']);
  });

  it('says why others are none', async () => {
    const { tryOne } = machine({ tensorflow: measured(0.01), wasm: measured(0.008) });
    expect(await chooseBackend(published, { kernels: true, tryOne })).toEqual({
      backend: 'wasm',
      why: '8 ms a step; tensorflow 10 ms; webgpu: there is no graphics adapter',
    });
  });

  it('measures nothing where only wasm is left', async () => {
    const { tried, tryOne } = machine({ wasm: measured(0.008) });
    expect(await chooseBackend(published, { kernels: true, tryOne })).toEqual({
      backend: 'wasm',
      why: 'the only choice here; webgpu: there is no graphics adapter; tensorflow: it is not installed',
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
});

describe('the choices of a machine', () => {
  let folder: string;
  const fast = { webgpu: measured(0.0012), wasm: measured(0.007) };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'choices-'));
  });

  afterEach(async () => {
    vi.useRealTimers();
    await rm(folder, { recursive: true, force: true });
  });

  it('are made once for each workload', async () => {
    const { tried, tryOne } = machine(fast);
    const choose = (workload: Workload, kernels = true) =>
      chooseBackend(workload, { kernels, choices: new Choices(folder), tryOne });
    const first = await choose(published);
    tried.length = 0;
    const again = await choose({ ...published, background: 0.812 });
    expect(tried).toEqual([]);
    expect(again.backend).toBe('webgpu');
    expect(again.why).toMatch(/^as found on \d{4}-\d\d-\d\d: 1\.2 ms a step/);
    expect(again.why.endsWith(first.why)).toBe(true);

    for (const other of [
      () => choose({ ...published, batchSize: 4096 }),
      () => choose({ ...published, model: { hidden: [64] } }),
      () => choose(published, false),
    ]) {
      await other();
      expect(tried).not.toEqual([]);
      tried.length = 0;
    }
  });

  it('are made anew after they were cleared, and after a month', async () => {
    const { tried, tryOne } = machine(fast);
    const choices = new Choices(folder);
    const choose = () => chooseBackend(published, { kernels: true, choices, tryOne });
    await choose();
    await choices.clear();
    await choose();
    expect(tried).toHaveLength(6);
    vi.useFakeTimers({ now: Date.now() + 31 * 24 * 3600 * 1000, toFake: ['Date'] });
    await choose();
    expect(tried).toHaveLength(9);
  });

  it('are made anew where the file is damaged or cannot be written', async () => {
    const { tried, tryOne } = machine(fast);
    const choose = (place: string) =>
      chooseBackend(published, { kernels: true, choices: new Choices(place), tryOne });
    for (const text of ['', '{', 'null', '[]', '{"a":1}']) {
      await writeFile(join(folder, 'backends.json'), text);
      tried.length = 0;
      expect(await choose(folder)).toMatchObject({ backend: 'webgpu' });
      expect(tried).toHaveLength(3);
    }
    expect(JSON.parse(await readFile(join(folder, 'backends.json'), 'utf8'))).not.toEqual({});
    const inAFile = join(folder, 'backends.json', 'cache');
    expect(await choose(inAFile)).toMatchObject({ backend: 'webgpu' });
  });
});
