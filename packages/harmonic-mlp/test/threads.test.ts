import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { foldIn, HarmonicError, randomKey, randomUniform } from '@harmonic-mlp/core';
import {
  type CompiledProgram,
  executorOf,
  type ProgramExecutor,
  setExecutor,
} from '@harmonic-mlp/core/program';
import { registerWasmKernels, supportsSimd, unregisterWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { clone, engine, memory, mul, setBackend, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CaptureEvent, type FitOptions, HarmonicMLP, type HarmonicMLPOptions } from '../src';

/** The time that a pretended step ends at; undefined for that of the machine. */
const clock = vi.hoisted(() => ({ time: undefined as number | undefined }));
vi.mock('../src/training/now', () => ({ now: () => clock.time ?? performance.now() }));

const [rows, width] = [150, 70];
const draws = randomUniform(foldIn(randomKey(5), 'inputs'), rows * width);
const inputs = Array.from({ length: rows }, (_, i) =>
  Array.from(draws.slice(i * width, (i + 1) * width), (draw) => (draw < 0.7 ? 0 : draw)),
);
const data = { inputs, targets: inputs.map((_, i) => i % 3) };
const shape: HarmonicMLPOptions = { inputSize: width, classes: 3, hidden: [70, 40], dropout: 0.2, seed: 3 };

/** The kernels that have been called by way of tfjs. */
const kernelCalls: string[] = [];

/** The threads that have been started. */
const started: Worker[] = [];
const node = process.getBuiltinModule('node:worker_threads') as { Worker: typeof Worker };

beforeEach(() => {
  started.length = 0;
  node.Worker = class extends Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      started.push(this);
    }
  };
});
afterEach(() => {
  node.Worker = Worker;
});

const areOver = () => started.every(({ threadId }) => threadId === -1);

async function trained(options: FitOptions, model = new HarmonicMLP(shape)) {
  const settings: FitOptions = { epochs: 4, batchSize: 32, seed: 1, onWarning() {}, ...options };
  try {
    const { history, captured, threads } = await model.fit(data as never, settings);
    const records = history.map(({ seconds: _, ...record }) => record);
    return { captured, threads, result: { records, weights: await model.toBytes() } };
  } finally {
    model.dispose();
  }
}

describe.each((['fixed', 'relaxed'] as const).filter(supportsSimd))('Threads, with %s SIMD', (simd) => {
  beforeAll(async () => {
    await setBackend('wasm');
    await registerWasmKernels({ simd });
  });
  afterAll(() => unregisterWasmKernels());

  it.each([2, 3, 8])('compute the same bits: %i', async (threads) => {
    const one = await trained({ threads: 1 });
    expect(one).toMatchObject({ captured: true, threads: 1 });
    expect(started).toEqual([]);
    const several = await trained({ threads });
    expect(several).toMatchObject({ captured: true, threads });
    expect(started).toHaveLength(threads - 1);
    expect(several.result).toEqual(one.result);
  });

  it('go on from a checkpoint of another number of them', async () => {
    const whole = await trained({ threads: 1 });
    for (const [before, after] of [
      [3, 1],
      [1, 2],
      [2, 3],
    ]) {
      const stop = new AbortController();
      let checkpoint = new Uint8Array();
      await trained({
        threads: before,
        signal: stop.signal,
        onStep: ({ epoch, step }) => epoch === 3 && step === 2 && stop.abort(),
        onAbort: async (event) => {
          checkpoint = await event.checkpoint();
        },
      });
      const resumed = await trained({ threads: after, resume: checkpoint });
      expect(resumed.result, `${before} threads, then ${after}`).toEqual(whole.result);
    }
  });
});

describe('Threads', () => {
  beforeAll(async () => {
    await setBackend('wasm');
    await registerWasmKernels({ simd: 'fixed' });
  });
  afterAll(() => unregisterWasmKernels());

  it('keep weights current for whoever reads them, or assigns others, between two steps', async () => {
    const watched = async (threads: number) => {
      const model = new HarmonicMLP(shape);
      const seen: unknown[] = [];
      const { result } = await trained(
        {
          threads,
          onStep({ step }) {
            if (step % 2 === 0)
              seen.push(...Object.values(model.variables).map((each) => each.dataSync().slice()));
            const [first] = Object.values(model.variables);
            if (step === 3) tidy(() => first.assign(mul(first, 2)));
          },
        },
        model,
      );
      return { seen, result };
    };
    expect(await watched(2)).toEqual(await watched(1));
  });

  it('leave tensors alone that share the data of weights, on whatever backend these are', async () => {
    const model = new HarmonicMLP(shape);
    const [weight] = Object.values(model.variables);
    let copy: Tensor | undefined;
    let before: unknown;
    await trained(
      {
        threads: 2,
        async onStep({ epoch, step }) {
          if (epoch !== 3 || step !== 1) return;
          await setBackend('cpu');
          // Moves the data there.
          sum(weight).dispose();
          copy = clone(weight as Tensor);
          before = copy.dataSync().slice();
          await setBackend('wasm');
        },
        onEpoch() {
          if (copy !== undefined) expect(copy.dataSync()).toEqual(before);
        },
      },
      model,
    );
    expect(copy).toBeDefined();
    copy!.dispose();
  });

  it('go on with programs after the kernels were registered anew', async () => {
    let afterwards = 0;
    const { runKernel } = engine();
    vi.spyOn(engine(), 'runKernel').mockImplementation(function (this: never, name, ...others) {
      kernelCalls.push(name);
      return runKernel.call(engine(), name, ...others) as never;
    });
    const { threads } = await trained({
      threads: 2,
      epochs: 6,
      async onStep({ epoch, step }) {
        if (epoch === 3 && step === 1) {
          unregisterWasmKernels();
          await registerWasmKernels({ simd: 'fixed' });
        }
        if (epoch > 4) afterwards += kernelCalls.splice(0).length;
        kernelCalls.length = 0;
      },
    });
    vi.restoreAllMocks();
    expect({ threads, afterwards }).toEqual({ threads: 2, afterwards: 0 });
  });

  it('give all tensors back, and leave none', async () => {
    await trained({ threads: 2 });
    const before = memory();
    const model = new HarmonicMLP(shape);
    // All batches are of one form, so that the last step is a program.
    await model.fit(data as never, { epochs: 4, batchSize: 50, threads: 2, onWarning() {} });
    const { backend, state } = engine();
    const isHome = ({ dataId }: { dataId: object }) => state.tensorInfo.get(dataId)!.backend === backend;
    expect(Object.values(model.variables).every(isHome)).toBe(true);
    const probabilities = model.predict(inputs.slice(0, 2) as never);
    expect((await probabilities.data()).every((each) => each > 0)).toBe(true);
    probabilities.dispose();
    model.dispose();
    expect(memory().numTensors).toBe(before.numTensors);
    expect(memory().numDataBuffers).toBe(before.numDataBuffers);
  });

  it('end with a run, and with an error', async () => {
    await trained({ threads: 3 });
    const fail = () => {
      throw new Error('it failed');
    };
    await expect(trained({ threads: 3, onEpoch: fail })).rejects.toThrow('it failed');
    expect(started).toHaveLength(4);
    for (let i = 0; i < 100 && !areOver(); i++) await setTimeout(10);
    expect(areOver()).toBe(true);
  });

  it('end a run if one of them is lost', async () => {
    const error: Error = await trained({
      threads: 2,
      async onEpoch({ epoch }) {
        if (epoch === 2) await started[0].terminate();
      },
    }).then(
      () => expect.unreachable(),
      (error) => error,
    );
    expect(error).toMatchObject({ code: 'THREAD_LOST' });
    expect(error.message).toBe(
      'A thread of the run was lost: it ended with code 1. Continue from the last checkpoint, or train with threads: 1.',
    );
  });

  it('do not wait forever for one that is lost in the middle of a step', async () => {
    const error: Error = await trained({
      threads: 3,
      onStep({ epoch, step }) {
        // Nothing is told of it before the next step.
        if (epoch === 3 && step === 1) void started[1].terminate();
      },
    }).then(
      () => expect.unreachable(),
      (error) => error,
    );
    expect(error).toMatchObject({ code: 'THREAD_LOST' });
  }, 30_000);

  it('do not keep each other waiting on a busy machine', async () => {
    // Even if this process ends first.
    const endOfBusy = 'for (const end = Date.now() + 30e3; Date.now() < end; );';
    const busy = Array.from({ length: 3 }, () => spawn(process.execPath, ['-e', endOfBusy]));
    try {
      await trained({ threads: 8 });
    } finally {
      for (const each of busy) each.kill('SIGKILL');
      await Promise.all(busy.map((each) => once(each, 'exit')));
    }
  }, 60_000);
});

describe('The number of threads', () => {
  /** An executor whose steps take so long, and the numbers of threads that it is asked for. */
  function pretend(millisecondsWith: (threads: number) => number, mostThreads: number) {
    clock.time = 0;
    const executor = executorOf('wasm')!;
    const asked: number[] = [];
    const slowed = (threads: number): ProgramExecutor => ({
      name: 'slow',
      compile(...given) {
        const compiled = executor.compile(...given) as CompiledProgram;
        const { execute } = compiled;
        compiled.execute = (scalars) => {
          clock.time = clock.time! + millisecondsWith(threads);
          return execute.call(compiled, scalars);
        };
        return compiled;
      },
    });
    setExecutor('wasm', {
      ...slowed(1),
      mostThreads,
      async withThreads(threads) {
        asked.push(threads);
        return { ...slowed(threads), dispose() {} };
      },
    });
    const restore = () => {
      setExecutor('wasm', executor);
      clock.time = undefined;
    };
    return { asked, restore };
  }

  beforeAll(async () => {
    await setBackend('wasm');
    await registerWasmKernels({ simd: 'fixed' });
  });
  afterAll(() => unregisterWasmKernels());

  it('is found by trying, told, and known the next time', async () => {
    const { asked, restore } = pretend((threads) => [3, 1.5, 2.5][Math.log2(threads)], 8);
    const events: CaptureEvent[] = [];
    const onCapture = (event: CaptureEvent) => void events.push(event);
    try {
      const settings = { epochs: 20, onCapture, batchSize: 31 };
      const { threads } = await trained(settings);
      expect({ threads, asked }).toEqual({ threads: 2, asked: [2, 4] });
      expect(events).toMatchObject([
        { captured: true, threads: 1, epoch: 1 },
        {
          captured: true,
          threads: 2,
          trial: { 1: expect.any(Number), 2: expect.any(Number), 4: expect.any(Number) },
        },
      ]);
      const { 1: one, 2: two } = events[1].trial!;
      expect(one).toBeGreaterThan(two);
      await trained({ ...settings, epochs: 3 });
      expect(asked).toEqual([2, 4, 2]);
      expect(events[2]).toMatchObject({ captured: true, threads: 2 });
      expect(events).toHaveLength(3);
    } finally {
      restore();
    }
  });

  it('is 1 where none more can be had', async () => {
    const { restore } = pretend(() => 1, 8);
    const executor = executorOf('wasm')!;
    setExecutor('wasm', { ...executor, withThreads: async () => ({ obstacle: 'it is Sunday' }) });
    let event: CaptureEvent | undefined;
    const onCapture = (given: CaptureEvent) => {
      event = given;
    };
    try {
      expect(await trained({ threads: 4, onCapture })).toMatchObject({ captured: true, threads: 1 });
      expect(event).toMatchObject({ captured: true, threads: 1, threadReason: 'it is Sunday' });
      expect(await trained({ batchSize: 29, epochs: 10 })).toMatchObject({ captured: true, threads: 1 });
      const refused = new HarmonicError('THREAD_LOST', { problem: 'No thread can be started.' });
      setExecutor('wasm', { ...executor, withThreads: () => Promise.reject(refused) });
      expect(await trained({ batchSize: 28, epochs: 10 })).toMatchObject({ captured: true, threads: 1 });
      await expect(trained({ threads: 2 })).rejects.toBe(refused);
    } finally {
      restore();
    }
  });
});
