import '@tensorflow/tfjs-backend-wasm';
import { foldIn, randomKey, randomUniform } from '@harmonic-mlp/core';
import { executorOf, setExecutor } from '@harmonic-mlp/core/program';
import { asOptimizer } from '@harmonic-mlp/freq-optimizer';
import { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { AugmentedDataset } from '@harmonic-mlp/mnist-data/augmentation';
import { registerWasmKernels, supportsSimd, unregisterWasmKernels } from '@harmonic-mlp/wasm-kernels';
import {
  clone,
  keep,
  memory,
  setBackend,
  sub,
  type Tensor,
  tensor2d,
  train as tfOptimizers,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SimulatedThreads } from '../../wasm-kernels/test/support/simulated-threads';
import {
  accuracy,
  createOptimizer,
  type FitOptions,
  HarmonicMLP,
  type HarmonicMLPOptions,
  precision,
} from '../src';
import { type Case, classes, family, inputs, labels, numbers, trained } from './capture-cases';

async function expectSame(each: Case, isCaptured = true): Promise<void> {
  const captured = await trained(each, true);
  const ordinary = await trained(each, false);
  expect(captured.event).toMatchObject({ captured: isCaptured });
  expect(ordinary.event).toMatchObject({ captured: false, reason: 'capture is false' });
  expect(captured.records).toEqual(ordinary.records);
  expect(captured.content).toEqual(ordinary.content);
}

describe.each((['fixed', 'relaxed'] as const).filter(supportsSimd))('With %s SIMD, captured runs', (simd) => {
  beforeAll(async () => {
    await setBackend('wasm');
    await registerWasmKernels({ simd });
  });
  afterAll(() => unregisterWasmKernels());

  it.each(family)('are the same to the bit: %s', async (_, each) => expectSame(each));

  describe('divided among threads', () => {
    const orders = [
      [0, 1],
      [2, 1, 0],
      [7, 0, 6, 1, 5, 2, 4, 3],
    ];

    it.each(family.map(([name, each], i) => [name, each, orders[i % 3]] as const))(
      'are the same to the bit: %s',
      async (_, given, order) => {
        const executor = executorOf('wasm')!;
        // Wide enough for all threads to have a part of it.
        const each = { ...given, model: { hidden: [70, 70], ...given.model } };
        const ordinary = await trained(each, false);
        const threads = await SimulatedThreads.of(order);
        setExecutor('wasm', threads.executor);
        const captured = await trained(each, true).finally(() => setExecutor('wasm', executor));
        expect(threads.barriers).toBeGreaterThan(20);
        expect(captured.event).toMatchObject({ captured: true });
        expect(captured.records).toEqual(ordinary.records);
        expect(captured.content).toEqual(ordinary.content);
      },
    );
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('are, of random networks: seed %i', async (seed) => {
    const draws = randomUniform(foldIn(randomKey(seed), 'network'), 20);
    const pick = <T>(i: number, list: readonly T[]): T => list[Math.floor(draws[i] * list.length)];
    const hidden = Array.from({ length: pick(0, [1, 2, 3]) }, (_, i) => 1 + Math.floor(draws[1 + i] * 40));
    await expectSame({
      model: {
        hidden,
        activation: pick(5, ['harmonic', 'relu', 'siren', 'gelu', 'tanh', 'sine-relu', 'wire']),
        norm: pick(6, ['after', 'before', 'none']),
        dropout: pick(7, [0, 0.2, 0.6]),
        seed,
      },
      optimizer: { weightDecay: pick(8, [0, 0.01]), freqScaleFactor: pick(9, [0, 0.1, 1]) },
      fit: {
        batchSize: 2 + Math.floor(draws[10] * 40),
        schedule: pick(11, ['cosine', 'plateau', null]),
        seed,
      },
    });
  });

  it.each([
    [true, false],
    [false, true],
    [true, true],
  ])('go on from a checkpoint (captured before: %s, after: %s)', async (before, after) => {
    const shape = { inputSize: 3, classes: 3, hidden: [8, 8], seed: 3 };
    const run = async (options: FitOptions) => {
      const model = new HarmonicMLP(shape);
      const { history } = await model.fit(classes as never, { batchSize: 8, epochs: 6, ...options });
      const bytes = await model.toBytes();
      model.dispose();
      return { records: history.map(({ seconds: _, ...record }) => record), bytes };
    };
    const whole = await run({ capture: false });
    const stop = new AbortController();
    let checkpoint = new Uint8Array();
    await run({
      capture: before,
      signal: stop.signal,
      onStep: ({ epoch, step }) => epoch === 4 && step === 2 && stop.abort(),
      onAbort: async (event) => {
        checkpoint = await event.checkpoint();
      },
    });
    const resumed = await run({ capture: after, resume: checkpoint });
    expect(resumed.records).toEqual(whole.records);
    expect(resumed.bytes).toEqual(whole.bytes);
  });
});

describe('Captured runs', () => {
  beforeAll(async () => {
    await setBackend('wasm');
    await registerWasmKernels();
  });
  const shape = { inputSize: 3, classes: 3, hidden: [8], seed: 3 };
  const own = (options: HarmonicMLPOptions = {}) => new HarmonicMLP({ ...shape, ...options });

  it('gather rows as their source makes batches of them', async () => {
    const pixels = Uint8Array.from({ length: 60 * 9 }, (_, i) => (i * i) % 251);
    const images = new LabeledDataset({
      inputs: pixels,
      labels: Uint8Array.from({ length: 60 }, (_, i) => i % 3),
      inputSize: 9,
      classes: 3,
      imageShape: [3, 3],
      normalization: { mean: 0.2, std: 0.4 },
    });
    // Which has others in each epoch.
    for (const rows of [images, new AugmentedDataset(images, { shift: 1, elastic: 0.5 })]) {
      // Not of rows, because its batches might be others.
      const other = { ...rows, batches: (request: never) => rows.batches(request) };
      const results = [];
      for (const source of [rows, other]) {
        const model = own({ inputSize: 9 });
        await model.fit(source as never, { epochs: 4, batchSize: 16 });
        results.push(await model.toBytes());
        model.dispose();
      }
      expect(results[0]).toEqual(results[1]);
    }
  });

  it('train on the batches of a subclass that makes others', async () => {
    class Doubled extends LabeledDataset {
      override *batches(options: Parameters<LabeledDataset['batches']>[0]) {
        for (const batch of super.batches(options)) {
          const doubled = keep(sub(batch.inputs, -1)) as typeof batch.inputs;
          batch.inputs.dispose();
          yield { ...batch, inputs: doubled };
        }
      }
    }
    const given = {
      inputs: Float32Array.from(inputs.flat()),
      labels: Uint8Array.from(classes.targets),
      inputSize: 3,
      classes: 3,
    };
    const losses = [];
    for (const source of [new Doubled(given), new LabeledDataset(given)]) {
      const model = own();
      losses.push((await model.fit(source, { epochs: 4, batchSize: 16 })).history[3].trainLoss);
      model.dispose();
    }
    expect(losses[0]).not.toBeCloseTo(losses[1], 3);
  });

  it('leave tensors alone that share the data of weights and moments', async () => {
    const model = own();
    const optimizer = createOptimizer(model);
    const copies: { copy: Tensor; values: number[] }[] = [];
    const keepCopy = (tensor: Tensor) => {
      const copy = keep(clone(tensor));
      copies.push({ copy, values: [...copy.dataSync()] });
    };
    await model.fit(classes as never, {
      epochs: 6,
      batchSize: 8,
      optimizer,
      onStep: ({ step }) => {
        if (step !== 2) return;
        keepCopy(model.parameters['hidden.0/kernel'] as Tensor);
        keepCopy(optimizer.saveState(model.parameters).tensors['hidden.0/kernel/first_moment']);
      },
    });
    for (const { copy, values } of copies) expect([...copy.dataSync()]).toEqual(values);
    const ordinary = own();
    await ordinary.fit(classes as never, { epochs: 6, batchSize: 8, capture: false });
    expect(await model.toBytes()).toEqual(await ordinary.toBytes());
    for (const each of [model, ordinary, optimizer, ...copies.map(({ copy }) => copy)]) each.dispose();
  });

  it('take weights that are assigned between two steps', async () => {
    const results = [];
    for (const capture of [true, false]) {
      const model = own();
      const { bias } = model.output;
      await model.fit(classes as never, {
        epochs: 6,
        batchSize: 8,
        capture,
        onStep: ({ epoch, step }) => {
          if (epoch === 5 && step === 3) bias.assign(sub(bias, 1));
        },
      });
      results.push(await model.toBytes());
      model.dispose();
    }
    expect(results[0]).toEqual(results[1]);
  });

  it('hold the same memory from step to step, and none when they are done', async () => {
    const model = own();
    const before = memory();
    const counts = new Set<string>();
    const { captured, steps } = await model.fit(classes as never, {
      epochs: 1700,
      batchSize: 8,
      readEvery: 6,
      onMetrics: ({ epoch }) => {
        const { numTensors, numBytes } = memory();
        if (epoch > 5) counts.add(`${numTensors} ${numBytes}`);
      },
    });
    expect([captured, steps]).toEqual([true, 10_200]);
    expect([...counts]).toHaveLength(1);
    expect(memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
    model.dispose();
  });

  it('go on without the kernels when these are withdrawn', async () => {
    const model = own();
    const { captured, history } = await model.fit(classes as never, {
      epochs: 8,
      batchSize: 8,
      onStep: ({ epoch, step }) => {
        if (epoch === 6 && step === 3) unregisterWasmKernels();
      },
    });
    await registerWasmKernels();
    expect(captured).toBe(true);
    expect(history[7].trainLoss).toBeLessThan(history[0].trainLoss);
    model.dispose();
  });

  it('restore the last good weights when they diverge', async () => {
    const results = [];
    for (const capture of [true, false]) {
      const model = own();
      const run = model.fit(classes as never, {
        epochs: 9,
        batchSize: 8,
        readEvery: 2,
        capture,
        schedule: { name: 'bad', settings: {}, factor: (step) => (step > 30 ? 1e30 : 1) },
      });
      await expect(run).rejects.toMatchObject({ code: 'DIVERGED' });
      results.push(await model.toBytes());
      model.dispose();
    }
    expect(results[0]).toEqual(results[1]);
  });

  it.each<[string, (model: HarmonicMLP) => FitOptions, boolean, RegExp | undefined]>([
    ['of this library’s own parts', () => ({}), true, undefined],
    [
      'with metrics of this library',
      () => ({ metrics: [precision] }),
      false,
      /there is no kernel for ArgMax/,
    ],
    [
      'with a metric of one’s own',
      () => ({ metrics: [{ name: 'mine', sum: (...given) => accuracy.sum(...given) }] }),
      false,
      /may not do the same at each step/,
    ],
    [
      'with an optimizer of tfjs',
      () => ({ optimizer: tfOptimizers.sgd(0.1), schedule: null }),
      false,
      /SGD is not an optimizer whose steps can be taken elsewhere/,
    ],
    [
      'with an optimizer of one’s own transforms',
      () => ({
        optimizer: asOptimizer(
          { name: 'mine', settings: {}, update: (updates) => [...updates] },
          { learningRate: 0.1 },
        ),
      }),
      false,
      /TransformOptimizer is not an optimizer whose steps can be taken elsewhere/,
    ],
    [
      'with a forward pass of one’s own',
      (model) => {
        model.forward = HarmonicMLP.prototype.forward.bind(model);
        return {};
      },
      false,
      /may not do the same at each step/,
    ],
    [
      'with one that is said to be pure',
      (model) => {
        model.forward = HarmonicMLP.prototype.forward.bind(model);
        return { capture: true };
      },
      true,
      undefined,
    ],
  ])('are those %s', async (_, optionsOf, isCaptured, reason) => {
    const model = own();
    const onCapture = vi.fn();
    const options = optionsOf(model);
    const { captured } = await model.fit(classes as never, {
      epochs: 5,
      batchSize: 8,
      onCapture,
      ...options,
    });
    expect(captured).toBe(isCaptured);
    expect(onCapture).toHaveBeenCalledTimes(1);
    const [{ captured: told, reason: why }] = onCapture.mock.calls[0];
    expect([told, why]).toEqual([
      isCaptured,
      reason === undefined ? undefined : expect.stringMatching(reason),
    ]);
    model.dispose();
  });

  it('go on if the executor is withdrawn while steps are recorded', async () => {
    const executor = executorOf('wasm');
    const model = own();
    const { captured, steps } = await model.fit(classes as never, {
      epochs: 3,
      batchSize: 8,
      onStep: ({ epoch, step }) => {
        if (epoch === 1 && step === 1) setExecutor('wasm', undefined);
      },
    });
    setExecutor('wasm', executor);
    expect([captured, steps]).toEqual([false, 18]);
    model.dispose();
  });

  it('need an executor', async () => {
    const executor = executorOf('wasm');
    setExecutor('wasm', undefined);
    const model = own();
    const { captured } = await model.fit(classes as never, { epochs: 3, batchSize: 8, capture: true });
    setExecutor('wasm', executor);
    expect(captured).toBe(false);
    model.dispose();
  });

  it('evaluate the same as by operations, by programs that an executor counts', async () => {
    const executor = executorOf('wasm')!;
    let executions = 0;
    const counting = {
      ...executor,
      compile(...given: Parameters<typeof executor.compile>) {
        const compiled = executor.compile(...given);
        if ('obstacle' in compiled) return compiled;
        const { execute } = compiled;
        compiled.execute = (scalars) => {
          executions += 1;
          return execute.call(compiled, scalars);
        };
        return compiled;
      },
    };
    for (const [options, data] of [
      [{ classes: 3 }, classes],
      [{ task: 'regression', outputs: 2 }, numbers],
      [{ task: 'multi-label', outputs: 2 }, labels],
    ] as const) {
      const model = new HarmonicMLP({ inputSize: 3, hidden: [8, 8], seed: 3, ...options });
      await model.fit(data as never, { epochs: 2, batchSize: 16, onWarning() {} });
      setExecutor('wasm', counting);
      executions = 0;
      const captured = await model.evaluate(data as never, { batchSize: 6 });
      expect(executions).toBe(5); // Of 7 batches of 6, and one of 3.
      setExecutor('wasm', undefined);
      const ordinary = await model.evaluate(data as never, { batchSize: 6 });
      setExecutor('wasm', executor);
      expect(captured).toEqual(ordinary);
      model.dispose();
    }
  });

  it('predict as ever', async () => {
    const model = own();
    await model.fit(classes as never, { epochs: 5, batchSize: 8 });
    const x = tensor2d(inputs.slice(0, 3));
    const y = model.predict(x);
    expect(y.shape).toEqual([3, 3]);
    for (const each of [x, y, model]) each.dispose();
  });
});
