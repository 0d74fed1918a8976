import { resolveConfig } from 'harmonic-mlp';
import { expect, it } from 'vitest';
import type { Finding } from '../src/backends';
import { events, start } from './trainer-process';

const hasDawn = await import('webgpu').then(
  () => true,
  () => false,
);

/** Tries it in a process of its own. */
async function tryBackend(trial: object): Promise<Finding> {
  const ended = await start(['try-backend', JSON.stringify(trial)], { cwd: import.meta.dirname }).ended;
  return Object.assign({}, ...events(ended));
}

// On any machine: the adapter does nothing, so what JavaScript asks of it can be counted, not what it computes.
it.skipIf(!hasDawn)(
  'a captured step is few dispatches, uploads, and submissions',
  { timeout: 60_000 },
  async () => {
    const workload = { model: resolveConfig(), batchSize: 128, background: 0.81 };
    const trial = { backend: 'webgpu', adapter: 'null', workload, measureSoftware: true } as const;
    const { started, captured, calls, reason } = await tryBackend({ ...trial, kernels: true });
    expect([started?.device, reason]).toEqual(['Null Backend', undefined]);
    expect(captured).toBe(true);
    expect(calls!.dispatches).toBeGreaterThan(20);
    expect(calls!.dispatches).toBeLessThanOrEqual(32);
    expect(calls!.uploads).toBeLessThanOrEqual(2);
    expect(calls!.submissions).toBeLessThanOrEqual(1 / 8);
    // It counts what there is: without the kernels, hundreds.
    const stock = await tryBackend({ ...trial, kernels: false });
    expect(stock.captured).toBe(false);
    expect(stock.calls!.dispatches).toBeGreaterThan(200);
    expect(stock.calls!.uploads).toBeGreaterThan(100);
  },
);
