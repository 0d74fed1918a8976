import { HarmonicError } from '@harmonic-mlp/core';
import {
  engine,
  getBackend,
  memory,
  mul,
  type Optimizer,
  train as optimizers,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import {
  type BatchSource,
  type Callback,
  createOptimizer,
  type EpochRecord,
  type FitOptions,
  HarmonicMLP,
  type MetricsEvent,
  type StepEvent,
} from '../src';
import { replaceText } from './replace-text';
import { noisyPatterns } from './small-data';

const shape = { inputSize: 12, classes: 4, hidden: [10, 8], seed: 2 };
const data = noisyPatterns({ size: 90 });
const test = noisyPatterns({ size: 40, seed: 6 });

const weightsOf = (model: HarmonicMLP) =>
  Object.values(model.variables).map((variable) => [...variable.dataSync()]);

/** What a record says of the training, apart from the time it took. */
const timeless = ({ seconds: _, ...record }: EpochRecord) => record;

async function trained(options: FitOptions) {
  const model = new HarmonicMLP(shape);
  const result = await model.fit(data, { batchSize: 16, epochs: 3, validation: test, ...options });
  const weights = weightsOf(model);
  model.dispose();
  return { weights, history: result.history.map(timeless), result };
}

describeOnEachBackend('fit', () => {
  it('takes fifteen epochs by default, or as many as the steps need', async () => {
    const few = noisyPatterns({ size: 4 });
    const model = new HarmonicMLP(shape);
    expect((await model.fit(few)).history).toHaveLength(15);
    expect((await model.fit(few, { steps: 20 })).history).toHaveLength(20);
    model.dispose();
  });

  it('tells its times in seconds', async () => {
    const started = performance.now();
    const { result } = await trained({ epochs: 2 });
    const elapsed = (performance.now() - started) / 1000;
    expect(result.stepSeconds).toBeGreaterThan(0);
    expect(result.stepSeconds).toBeLessThan(elapsed);
    const epochs = result.history.map(({ seconds }) => seconds);
    for (const seconds of epochs) expect(seconds).toBeGreaterThan(0);
    expect(epochs[0] + epochs[1]).toBeLessThan(elapsed);
  });

  it('fails as onEvaluate does, even if the signal has been aborted', async () => {
    const controller = new AbortController();
    const model = new HarmonicMLP(shape);
    const run = model.fit(data, {
      epochs: 1,
      validation: test,
      signal: controller.signal,
      onEvaluate() {
        controller.abort();
        throw new Error('The disk is full.');
      },
    });
    await expect(run).rejects.toThrow('The disk is full.');
    model.dispose();
  });

  it('has done all of its steps, or not, when it is interrupted after the last one', async () => {
    for (const [steps, aborted] of [
      [3, false],
      [4, true],
    ] as const) {
      const controller = new AbortController();
      const { result } = await trained({
        epochs: undefined,
        steps,
        validation: undefined,
        signal: controller.signal,
        onStep: ({ step }) => step === 3 && controller.abort(),
      });
      expect(result).toMatchObject({ steps: 3, aborted });
    }
  });

  it('learns', async () => {
    const { history } = await trained({ epochs: 30, batchSize: 10 });
    expect(history[29].trainLoss).toBeLessThan(0.6 * history[0].trainLoss);
    expect(history[29].validation?.accuracy).toBeGreaterThan(0.8);
  });

  it('gives the same run for the same seed, to the bit, and another for another', async () => {
    const [first, second, other] = [
      await trained({ seed: 4 }),
      await trained({ seed: 4 }),
      await trained({ seed: 5 }),
    ];
    expect(second.weights).toEqual(first.weights);
    expect(second.history).toEqual(first.history);
    expect(other.weights).not.toEqual(first.weights);
  });

  it('reports each step, and the losses only when they are due', async () => {
    const steps: StepEvent[] = [];
    const metrics: MetricsEvent[] = [];
    const epochs: number[] = [];
    const model = new HarmonicMLP(shape);
    const read = vi.spyOn(engine().backend, 'read');
    try {
      const {
        history,
        aborted,
        steps: done,
      } = await model.fit(data, {
        epochs: 2,
        batchSize: 10,
        readEvery: 4,
        capture: false, // Captured steps read nothing from the backend.
        onStep: (event) => steps.push(event),
        onMetrics: (event) => metrics.push(event),
        onEpoch: ({ epoch }) => void epochs.push(epoch),
      });
      // The waves of the first batch; then 9 steps an epoch: losses after the 4th, the 8th and the last, and then whether the
      // weights are finite, which wasm is not asked for.
      expect(read).toHaveBeenCalledTimes(getBackend() === 'wasm' ? 7 : 9);
      expect(metrics.map(({ epoch, step, losses }) => [epoch, step, losses.length])).toEqual([
        [1, 4, 4],
        [1, 8, 4],
        [1, 9, 1],
        [2, 4, 4],
        [2, 8, 4],
        [2, 9, 1],
      ]);
      expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(epochs).toEqual([1, 2]);
      expect([aborted, done]).toEqual([false, 18]);
      const losses = metrics.slice(0, 3).flatMap((event) => event.losses);
      expect(history[0].trainLoss).toBeCloseTo(losses.reduce((a, b) => a + b) / 9, 12);
      expect(history[0].trainLoss).toBe(metrics[2].meanLoss);
      expect(history[0].trainAccuracy).toBe(metrics[2].accuracy);
    } finally {
      read.mockRestore();
      model.dispose();
    }
  });

  it('holds the same number of tensors from step to step, and none when it is done', async () => {
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    const counts: number[] = [];
    await model.fit(data, {
      epochs: 5,
      batchSize: 16,
      readEvery: 1,
      validation: test,
      onMetrics: ({ epoch }) => {
        // Those before are recorded.
        if (epoch > 3) counts.push(memory().numTensors);
      },
    });
    expect(new Set(counts).size).toBe(1);
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it('leaves the event loop its turns, so that a timer can end it, and gives back its tensors', async () => {
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    const aborts: StepEvent[] = [];
    const result = await model.fit(data, {
      epochs: 1_000_000,
      batchSize: 16,
      signal: controller.signal,
      onAbort: (event) => void aborts.push(event),
    });
    expect(result.aborted).toBe(true);
    expect(aborts).toHaveLength(1);
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it.each([
    ['within an epoch', 2, 3],
    ['at the end of an epoch', 2, 6],
  ])('goes on after an interruption %s as if there had been none, to the bit', async (_, epoch, step) => {
    const whole = await trained({ epochs: 4, readEvery: 2 });

    const controller = new AbortController();
    let checkpoint = new Uint8Array();
    await trained({
      epochs: 4,
      readEvery: 2,
      signal: controller.signal,
      onStep: (event) => {
        if (event.epoch === epoch && event.step === step) controller.abort();
      },
      onAbort: async (event) => {
        expect([event.epoch, event.step]).toEqual([epoch, step]);
        checkpoint = await event.checkpoint();
      },
    });
    const resumed = await trained({ epochs: 4, readEvery: 2, resume: checkpoint });
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.history).toEqual(whole.history);
    expect(resumed.result.steps).toBe(6 * 4 - (6 * (epoch - 1) + step));
  });

  it('waits for a source that gives its batches as they arrive, and tells it the epoch', async () => {
    const epochs: (number | undefined)[] = [];
    const arriving: BatchSource = {
      ...data,
      async *batches(request) {
        epochs.push(request.epoch);
        for await (const batch of data.batches(request)) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield batch;
        }
      },
    };
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    const { history } = await model.fit(arriving, { batchSize: 16, epochs: 3, validation: arriving });
    expect(memory().numTensors).toBe(before);
    const whole = await trained({ epochs: 3, validation: data });
    expect(weightsOf(model)).toEqual(whole.weights);
    expect(history.map(timeless)).toEqual(whole.history);
    expect(epochs).toEqual([1, undefined, 2, undefined, 3, undefined]);
    model.dispose();
  });

  it.each([0, 4])('can be interrupted while it waits, after %i batches', async (arrived) => {
    /** Has some batches; those after them never come. */
    const stalled: BatchSource = {
      ...data,
      async *batches(request) {
        let count = 0;
        for await (const batch of data.batches(request)) {
          if (count++ === arrived) {
            batch.inputs.dispose();
            batch.labels.dispose();
            setTimeout(() => controller.abort(), 10);
            await new Promise((resolve) => request.signal?.addEventListener('abort', resolve));
            return;
          }
          yield batch;
        }
      },
    };
    const controller = new AbortController();
    const { signal } = controller;
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    let checkpoint = new Uint8Array();
    const { aborted, steps } = await model.fit(stalled, {
      batchSize: 16,
      epochs: 3,
      signal,
      onAbort: async (event) => {
        expect([event.epoch, event.step]).toEqual([1, arrived]);
        checkpoint = await event.checkpoint();
      },
    });
    expect([aborted, steps]).toEqual([true, arrived]);
    const evaluation = model.evaluate(stalled, { batchSize: 16, signal });
    await expect(evaluation).rejects.toThrow(/abort/);
    expect(memory().numTensors).toBe(before);
    model.dispose();

    const resumed = await trained({ epochs: 3, resume: checkpoint });
    const whole = await trained({ epochs: 3 });
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.history).toEqual(whole.history);
  });

  it.each([3, 1])(
    'can be interrupted while the validation of the first of %i epochs waits, and then begins with that again',
    async (epochs) => {
      const controller = new AbortController();
      const { signal } = controller;
      const stalled: BatchSource = {
        ...test,
        async *batches(request) {
          setTimeout(() => controller.abort(), 10);
          await new Promise((resolve) => request.signal?.addEventListener('abort', resolve));
        },
      };
      const model = new HarmonicMLP(shape);
      const before = memory().numTensors;
      let checkpoint = new Uint8Array();
      const { aborted, history } = await model.fit(data, {
        batchSize: 16,
        epochs,
        validation: stalled,
        signal,
        onAbort: async (event) => {
          expect([event.epoch, event.step]).toEqual([1, 6]);
          checkpoint = await event.checkpoint();
        },
      });
      expect([aborted, history]).toEqual([true, []]);
      expect(memory().numTensors).toBe(before);
      model.dispose();

      const resumed = await trained({ epochs, resume: checkpoint });
      const whole = await trained({ epochs });
      expect(resumed.weights).toEqual(whole.weights);
      expect(resumed.history).toEqual(whole.history);
    },
  );

  it('resumes the schedule and the learning rate', async () => {
    // A schedule that halves the rate; the run that goes on has one that leaves it.
    const options = { epochs: 4, onEpoch: () => {} };
    const rates = async (settings: FitOptions) =>
      (await trained(settings)).history.map((r) => r.learningRate);
    const model = new HarmonicMLP(shape);
    const optimizer = createOptimizer(model);
    let checkpoint = new Uint8Array();
    await model.fit(data, {
      epochs: 2,
      batchSize: 16,
      optimizer,
      schedule: {
        step: () => {
          optimizer.learningRate /= 2;
        },
        getState: () => ({ kept: 1 }),
        setState: () => {},
      } as never,
      onEpoch: async (event) => {
        checkpoint = await event.checkpoint();
      },
    });
    optimizer.dispose();
    model.dispose();
    const setState = vi.fn();
    await expect(
      rates({ ...options, resume: checkpoint, schedule: { step: () => {}, getState: () => ({}), setState } }),
    ).resolves.toEqual([1e-3, 5e-4, 2.5e-4, 2.5e-4]);
    expect(setState).toHaveBeenCalledWith({ kept: 1 });
  });

  it('refuses to resume what does not belong to the run', async () => {
    const model = new HarmonicMLP(shape);
    const bytes = await model.toBytes();
    await expect(model.fit(data, { resume: bytes })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'resume',
      message: expect.stringContaining('no training run to resume'),
    });
    let checkpoint = new Uint8Array();
    await model.fit(data, {
      epochs: 1,
      batchSize: 16,
      onEpoch: async (event) => {
        checkpoint = await event.checkpoint();
      },
    });
    await expect(model.fit(data, { resume: checkpoint, batchSize: 15 })).rejects.toThrow(
      /run has batchSize 16, this one 15/,
    );
    const cut = replaceText(checkpoint, String.raw`\"examples\":`, String.raw`\"exemples\":`);
    await expect(model.fit(data, { resume: cut, batchSize: 16 })).rejects.toThrow(
      /training run is damaged: examples is undefined/,
    );
    const wider = new HarmonicMLP({ ...shape, hidden: [10, 9] });
    await expect(wider.fit(data, { resume: checkpoint, batchSize: 16 })).rejects.toThrow(
      "The checkpoint's model has hidden [10,8], this one [10,9]; to resume, they must be the same.",
    );
    const other = new HarmonicMLP({ ...shape, dropout: 0.5 });
    await expect(other.fit(data, { resume: checkpoint, batchSize: 16 })).rejects.toThrow(
      /has dropout 0.2, this one 0.5/,
    );
    other.dispose();
    model.dispose();
    wider.dispose();
  });

  it.each([1, 3, 4, 5])(
    'stops at a loss that is not finite, in step %i, with the last good weights',
    async (badStep) => {
      const poisoned: BatchSource = {
        ...data,
        *batches(options) {
          let step = options.start ?? 0;
          for (const batch of data.batches(options)) {
            step += 1;
            if (step !== badStep) {
              yield batch;
              continue;
            }
            // Finite, but too large to compute with.
            const values = batch.inputs.dataSync().fill(3e38);
            const inputs = tensor2d(values, batch.inputs.shape);
            batch.inputs.dispose();
            yield { ...batch, inputs };
          }
        },
      };
      const model = new HarmonicMLP(shape);
      const before = memory().numTensors;
      /** The weights before each step. */
      const weights = [weightsOf(model)];
      const run = model.fit(poisoned, {
        epochs: 1,
        batchSize: 16,
        readEvery: 2,
        onStep: () => void weights.push(weightsOf(model)),
      });
      await expect(run).rejects.toThrow(`The training loss is NaN at step ${badStep} of epoch 1`);
      await expect(run).rejects.toMatchObject({ code: 'INVALID_DATA', cause: { code: 'DIVERGED' } });
      // The last read before the bad step followed an even step, whose loss came from the weights before it.
      const lastRead = badStep - 1 - ((badStep - 1) % 2);
      expect(weightsOf(model)).toEqual(weights[Math.max(0, lastRead - 1)]);
      expect(memory().numTensors).toBe(before);
      model.dispose();
    },
  );

  it('stops when the last step of an epoch spoilt the weights', async () => {
    const model = new HarmonicMLP(shape);
    const optimizer = createOptimizer(model);
    const before = memory().numTensors;
    const run = model.fit(data, {
      epochs: 1,
      batchSize: 45,
      optimizer,
      onStep: ({ step }) => {
        if (step === 2) tidy(() => model.output.bias.assign(mul(model.output.bias, Number.NaN)));
      },
    });
    await expect(run).rejects.toThrow(
      'The weights are no longer finite after step 2 of epoch 1: training diverged.',
    );
    expect(weightsOf(model).flat().every(Number.isFinite)).toBe(true);
    // The optimizer has two moments for each of the ten parameters, and the factors of two layers.
    expect(memory().numTensors).toBe(before + 22);
    optimizer.dispose();
    model.dispose();
  });

  it.each<[string, FitOptions, StepEvent]>([
    ['the run', { epochs: undefined, steps: 3 }, { epoch: 1, step: 3, stepsPerEpoch: 6 }],
    ['an epoch', { epochs: 2 }, { epoch: 1, step: 6, stepsPerEpoch: 6 }],
  ])('goes back to the weights before the last step of %s, which spoilt them', async (_, options, last) => {
    const model = new HarmonicMLP(shape);
    let before: number[][] = [];
    const watch: Callback = {
      name: 'watch',
      beforeStep({ epoch, step }) {
        if (epoch === last.epoch && step === last.step) before = weightsOf(model);
      },
    };
    const run = model.fit(data, {
      ...options,
      batchSize: 16,
      readEvery: 100,
      callbacks: [watch],
      onStep: ({ epoch, step }) => {
        if (epoch === last.epoch && step === last.step)
          tidy(() => model.output.bias.assign(mul(model.output.bias, Number.NaN)));
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'DIVERGED' });
    expect(before).not.toEqual([]);
    expect(weightsOf(model)).toEqual(before);
    model.dispose();
  });

  it('takes any tf.Optimizer, leaves it to its owner, and says that it cannot be checkpointed', async () => {
    const optimizer = optimizers.rmsprop(0.005);
    let refusal: unknown;
    const { history } = await trained({
      epochs: 2,
      optimizer,
      onEpoch: async (event) => {
        refusal = await event.checkpoint().catch((error: unknown) => error);
      },
    });
    expect(history[1].trainLoss).toBeLessThan(history[0].trainLoss);
    expect(refusal).toBeInstanceOf(HarmonicError);
    expect(refusal).toMatchObject({ code: 'UNSUPPORTED', argument: 'optimizer', value: optimizer });
    optimizer.dispose();
  });

  it.each<[string, FitOptions, RegExp]>([
    ['a batch of one', { batchSize: 1 }, /batchSize 1 makes batches of one example/],
    ['no epochs', { epochs: 0 }, /epochs is 0; it must be an integer at least 1/],
    ['half a batch', { batchSize: 16.5 }, /batchSize is 16.5/],
    ['reading never', { readEvery: 0 }, /readEvery is 0/],
    ['a negative seed', { seed: -1 }, /seed is -1/],
  ])('refuses %s, before anything starts', async (_, options, message) => {
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    const onStart = vi.fn();
    await expect(model.fit(data, { ...options, onStart })).rejects.toThrow(message);
    expect(onStart).not.toHaveBeenCalled();
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it('refuses data of another width or with more classes', async () => {
    const model = new HarmonicMLP(shape);
    await expect(model.fit(noisyPatterns({ size: 8, inputSize: 13 }))).rejects.toThrow(
      /inputs are 13 wide, but the model takes 12/,
    );
    await expect(model.evaluate(noisyPatterns({ size: 8, classes: 5 }))).rejects.toThrow(
      /has 5 classes, but the model has 4/,
    );
    model.dispose();
  });

  it('evaluates to the same result whatever the batch size', async () => {
    const model = new HarmonicMLP(shape);
    await model.fit(data, { epochs: 2, batchSize: 16 });
    const before = memory().numTensors;
    const whole = await model.evaluate(test, { batchSize: 40 });
    const parts = await model.evaluate(test, { batchSize: 7 });
    expect(parts.accuracy).toBe(whole.accuracy);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);

    // By hand.
    const inputs = tensor2d(test.inputs, [test.size, test.inputSize]);
    const probabilities = model.predict(inputs) as Tensor;
    const rows = (await probabilities.array()) as number[][];
    const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === test.labels[i]).length;
    const loss = rows.reduce((sum, row, i) => sum - Math.log(row[test.labels[i]]), 0) / test.size;
    expect(whole.accuracy).toBe(right / test.size);
    expect(whole.loss).toBeCloseTo(loss, 5);
    inputs.dispose();
    probabilities.dispose();
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it('does no step for a signal that is aborted already', async () => {
    const onStart = vi.fn();
    const { weights, result } = await trained({ signal: AbortSignal.abort(), onStart });
    expect(result).toMatchObject({ aborted: true, steps: 0, history: [] });
    expect(onStart).not.toHaveBeenCalled();
    const fresh = new HarmonicMLP(shape);
    expect(weights).toEqual(weightsOf(fresh));
    fresh.dispose();
  });

  it('refuses an empty data set, and one that gives fewer batches than it should', async () => {
    const model = new HarmonicMLP(shape);
    const empty = { ...data, size: 0, *batches() {} };
    await expect(model.fit(empty)).rejects.toThrow(/has size 0; it must have at least one example/);
    await expect(model.evaluate(empty)).rejects.toThrow(/has size 0/);
    const before = memory().numTensors;
    await expect(model.fit({ ...data, batches: () => [] }, { batchSize: 16 })).rejects.toThrow(
      'The data set gave 0 batches, but 90 examples in batches of 16 make 6.',
    );
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it('gives back its tensors when a batch is not what the data set said', async () => {
    const wrong: BatchSource = {
      ...data,
      *batches() {
        yield { inputs: tensor2d([[1], [2]]), labels: tensor1d([0, 1], 'int32'), size: 2 };
      },
    };
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    await expect(model.fit(wrong, { batchSize: 16 })).rejects.toThrow(/has inputs of shape \[2,1\]/);
    await expect(model.evaluate(wrong)).rejects.toThrow(/has inputs of shape \[2,1\]/);
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  const fail = () => {
    throw new Error('it failed');
  };

  it.each<[string, (optimizer: Optimizer) => FitOptions, RegExp]>([
    ['before a step', () => ({ callbacks: [{ name: 'failing', beforeStep: fail }] }), /it failed/],
    [
      'in a step',
      (optimizer) => ({ schedule: null, optimizer: Object.assign(optimizer, { applyGradients: fail }) }),
      /it failed/,
    ],
    [
      'in a schedule',
      () => ({ schedule: { name: 'failing', settings: {}, factor: (step) => (step < 2 ? 1 : Number.NaN) } }),
      /NaN/,
    ],
  ])('gives back its tensors when something throws %s', async (_, options, message) => {
    const model = new HarmonicMLP(shape);
    const optimizer = optimizers.sgd(0.1);
    const before = memory().numTensors;
    await expect(model.fit(data, { batchSize: 16, ...options(optimizer) })).rejects.toThrow(message);
    expect(memory().numTensors).toBe(before);
    optimizer.dispose();
    model.dispose();
  });

  it('gives back its tensors when an event handler throws', async () => {
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    const failing = model.fit(data, {
      batchSize: 16,
      onStep: ({ step }) => {
        if (step === 3) throw new Error('the handler failed');
      },
    });
    await expect(failing).rejects.toThrow('the handler failed');
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });
});
