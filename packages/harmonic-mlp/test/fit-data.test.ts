import { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { fill, memory, mul, type Rank, tensor1d, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type Batch, type BatchSource, createOptimizer, type FitOptions, HarmonicMLP } from '../src';
import { noisyPatterns } from './small-data';

const shape = { inputSize: 12, classes: 4, hidden: [10, 8], seed: 2 };
const clean = noisyPatterns({ size: 90 });

const weightsOf = (model: HarmonicMLP) =>
  Object.values(model.variables).map((variable) => [...variable.dataSync()]);

/** The data with some values changed, as a LabeledDataset, which tells its order. */
function datasetWith(changes: Record<number, number>): LabeledDataset {
  const inputs = clean.inputs.slice();
  const labels = Uint8Array.from(clean.labels);
  const data = new LabeledDataset({ inputs, labels, inputSize: 12, classes: 4 });
  // It refuses such values itself, but does not copy what changes later.
  for (const [index, value] of Object.entries(changes)) inputs[Number(index)] = value;
  return data;
}

/** A source that tells nothing but its batches, of which one is changed. */
function changing(
  step: number,
  change: (batch: Batch) => Partial<Batch>,
  source: BatchSource = clean,
): BatchSource {
  const { size, inputSize, classes } = source;
  return {
    size,
    inputSize,
    classes,
    async *batches(request) {
      let number = request.start ?? 0;
      for await (const batch of source.batches(request)) {
        number += 1;
        if (number !== step) {
          yield batch;
          continue;
        }
        const changed = { ...batch, ...change(batch) };
        if (changed.inputs !== batch.inputs) batch.inputs.dispose();
        if (changed.labels !== batch.labels) batch.labels.dispose();
        yield changed;
      }
    },
  };
}

const withInput =
  (row: number, feature: number, value: number) =>
  ({ inputs }: Batch): Partial<Batch> => {
    const values = inputs.dataSync().slice();
    values[row * 12 + feature] = value;
    return { inputs: tensor2d(values, inputs.shape) };
  };

/** Inputs that are finite, but too large to compute with. */
const filled = ({ inputs }: Batch): Partial<Batch> => ({ inputs: fill<Rank.R2>(inputs.shape, 3e38) });

describeOnEachBackend('Data that cannot be computed with', () => {
  it.each([Number.NaN, Infinity, -Infinity])('are told from a run that diverges: %d', async (value) => {
    const model = new HarmonicMLP(shape);
    const before = weightsOf(model);
    const tensors = memory().numTensors;
    const run = model.fit(datasetWith({ [37 * 12 + 7]: value }), { epochs: 1, batchSize: 16 });
    await expect(run).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringMatching(
        new RegExp(
          `^The data cannot be computed with: feature 7 of example \\d+ of the batch of step [1-6] of epoch 1, which is example 37 of the data set, is ${value}; it must be a finite number`,
        ),
      ),
      cause: expect.objectContaining({ code: 'DIVERGED' }),
    });
    await expect(run).rejects.toThrow(/the weights are back at the last good ones/);
    expect(weightsOf(model).flat().every(Number.isFinite)).toBe(true);
    expect(weightsOf(model)).toEqual(before); // Nothing had been read.
    expect(memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it.each([1, 3, 4, 5])('are named by step and place, in step %i, and the weights put back', async (step) => {
    const model = new HarmonicMLP(shape);
    const tensors = memory().numTensors;
    const weights = [weightsOf(model)];
    const run = model.fit(changing(step, withInput(5, 11, Number.NaN)), {
      epochs: 1,
      batchSize: 16,
      readEvery: 2,
      onStep: () => void weights.push(weightsOf(model)),
    });
    await expect(run).rejects.toThrow(
      `feature 11 of example 5 of the batch of step ${step} of epoch 1 is NaN; it must be a finite number.`,
    );
    const lastRead = step - 1 - ((step - 1) % 2);
    expect(weightsOf(model)).toEqual(weights[Math.max(0, lastRead - 1)]);
    expect(memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it('are found where only the weights after the last step of an epoch show them', async () => {
    // relu makes 0 of a NaN on some backends, so that the loss is finite and the gradient is not.
    const model = new HarmonicMLP({ ...shape, activation: 'relu' });
    const run = model.fit(changing(2, withInput(0, 3, Number.NaN)), { epochs: 1, batchSize: 45 });
    await expect(run).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('feature 3 of example 0 of the batch of step 2 of epoch 1 is NaN'),
    });
    expect(weightsOf(model).flat().every(Number.isFinite)).toBe(true);
    model.dispose();
  });

  it('are found in a resumed epoch, too', async () => {
    const model = new HarmonicMLP(shape);
    const stop = new AbortController();
    let checkpoint = new Uint8Array();
    await model.fit(clean, {
      batchSize: 16,
      signal: stop.signal,
      onStep: ({ step }) => step === 3 && stop.abort(),
      onAbort: async (event) => {
        checkpoint = await event.checkpoint();
      },
    });
    const run = model.fit(changing(5, withInput(1, 2, Infinity)), { resume: checkpoint });
    await expect(run).rejects.toThrow('feature 2 of example 1 of the batch of step 5 of epoch 1 is Infinity');
    model.dispose();
  });

  it('are not looked for in the steps after those that diverged', async () => {
    const model = new HarmonicMLP(shape);
    const run = model.fit(changing(4, withInput(0, 0, Number.NaN)), {
      epochs: 1,
      batchSize: 16,
      readEvery: 1,
      onStep: ({ step }) => {
        if (step === 2) tidy(() => model.output.bias.assign(mul(model.output.bias, Number.NaN)));
      },
    });
    await expect(run).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringContaining('at step 3 of epoch 1'),
    });
    model.dispose();
  });

  it('hide nothing where they cannot be looked at again', async () => {
    let asked = 0;
    const once: BatchSource = {
      ...clean,
      batches(request) {
        if (asked++ > 0) throw new Error('These batches are given once.');
        return changing(2, withInput(0, 0, Number.NaN)).batches(request);
      },
    };
    const model = new HarmonicMLP(shape);
    await expect(model.fit(once, { epochs: 1, batchSize: 16 })).rejects.toMatchObject({ code: 'DIVERGED' });
    model.dispose();
  });

  it('are looked for only when a loss is not finite', async () => {
    const batches = vi.fn(clean.batches);
    const model = new HarmonicMLP(shape);
    await model.fit({ ...clean, batches }, { epochs: 2, batchSize: 16 });
    expect(batches).toHaveBeenCalledTimes(2);
    model.dispose();
  });

  it('are told by evaluate', async () => {
    const model = new HarmonicMLP(shape);
    const tensors = memory().numTensors;
    const dirty = datasetWith({ [37 * 12 + 7]: Number.NaN });
    await expect(model.evaluate(dirty, { batchSize: 16 })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining(
        'feature 7 of example 5 of batch 2 of 16, which is example 37 of the data set, is NaN',
      ),
    });
    await expect(model.fit(clean, { epochs: 1, batchSize: 16, validation: dirty })).rejects.toMatchObject({
      code: 'INVALID_DATA',
    });
    expect(memory().numTensors).toBe(tensors);
    // A model whose own weights are not finite: the result is what it was.
    tidy(() => model.output.bias.assign(tensor1d([0, Number.NaN, 0, 0])));
    expect((await model.evaluate(clean)).loss).toBeNaN();
    model.dispose();
  });

  it('may be labels that are no class', async () => {
    const wrong = changing(1, ({ size }) => ({
      labels: tensor1d(new Int32Array(size).fill(1).fill(4, 6, 7), 'int32'),
    }));
    const model = new HarmonicMLP(shape);
    const fit = (train: BatchSource, validation?: BatchSource) =>
      model.fit(train, { epochs: 1, batchSize: 16, validation });
    await expect(fit(wrong)).rejects.toThrow(
      'the label of example 6 of the batch of step 1 of epoch 1 is 4; it must be a class from 0 to 3.',
    );
    await expect(fit(clean, wrong)).rejects.toThrow(
      'the label of example 6 of batch 0 of 256 is 4; it must be a class from 0 to 3.',
    );
    model.dispose();
  });

  it.each<[string, () => unknown, string]>([
    [
      'a promise',
      async () => clean.batches({ batchSize: 16 }),
      'gave a promise, which must be awaited first',
    ],
    ['a list of lists', () => [[1, 2]], 'has inputs that are undefined'],
    ['no labels', () => [{ inputs: zeros([2, 12]), size: 2 }], 'has labels that are undefined'],
    [
      'labels of float32',
      () => [{ inputs: zeros([2, 12]), labels: zeros([2]), size: 2 }],
      'has labels of float32',
    ],
    [
      'fewer labels',
      () => [{ inputs: zeros([2, 12]), labels: zeros([1], 'int32'), size: 2 }],
      'has labels of shape [1] for inputs of shape [2,12]',
    ],
    [
      'another size',
      () => [{ inputs: zeros([2, 12]), labels: zeros([2], 'int32'), size: 3 }],
      'has the size 3, but 2 inputs',
    ],
  ])('may be no batches: %s', async (_, batches, message) => {
    const model = new HarmonicMLP(shape);
    const source = { ...clean, batches } as unknown as BatchSource;
    const tensors = memory().numTensors;
    const refusal = { code: 'INVALID_DATA', message: expect.stringContaining(message) };
    await expect(model.fit(source, { batchSize: 16 })).rejects.toMatchObject(refusal);
    await expect(model.evaluate(source)).rejects.toMatchObject(refusal);
    expect(memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it.each([
    ['all inputs', filled],
    ['one input, which no loss shows', withInput(0, 0, 3e38)],
  ])('leave a model and an optimizer that can be used again: %s too large', async (_, change) => {
    const model = new HarmonicMLP(shape);
    const optimizer = createOptimizer(model);
    const fit = (data: BatchSource) => model.fit(data, { epochs: 1, batchSize: 16, readEvery: 1, optimizer });
    await expect(fit(changing(2, change))).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringMatching(
        /feature 0 of example 0 of the batch of step 2 of epoch 1 is \S+e\+38; it must be at most 18000000000000000000 in size, for this backend has 32-bit floats/,
      ),
    });
    expect(weightsOf(model).flat().every(Number.isFinite)).toBe(true);
    const { history } = await fit(clean);
    expect(history[0].trainLoss).toBeLessThan(3);
    expect((await model.evaluate(clean)).loss).toBeLessThan(3);
    optimizer.dispose();
    model.dispose();
  });

  it('are found at an early step, too, where no loss shows them', async () => {
    const model = new HarmonicMLP({ ...shape, activation: 'relu' });
    const before = weightsOf(model);
    const run = model.fit(changing(1, withInput(0, 3, Infinity)), { epochs: 1, batchSize: 16, readEvery: 1 });
    await expect(run).rejects.toThrow('feature 3 of example 0 of the batch of step 1 of epoch 1 is Infinity');
    expect(weightsOf(model)).toEqual(before);
    model.dispose();
  });
});

describeOnEachBackend('One example left over', () => {
  /** The sizes of the batches that are trained on, as the epochs' steps show them, and the run. */
  async function run(size: number, options: FitOptions, source?: (data: BatchSource) => BatchSource) {
    const data = noisyPatterns({ size });
    const model = new HarmonicMLP(shape);
    const trained: number[] = [];
    const original = model.trainingLogits.bind(model);
    model.trainingLogits = (x, key) => {
      trained.push(x.shape[0]);
      return original(x, key);
    };
    const tensors = memory().numTensors;
    const steps: number[] = [];
    try {
      const result = await model.fit(source ? source(data) : data, {
        epochs: 1,
        ...options,
        onStep: (event) => {
          steps.push(event.stepsPerEpoch);
          options.onStep?.(event);
        },
      });
      return { trained, steps, result, weights: weightsOf(model) };
    } finally {
      expect(memory().numTensors).toBe(tensors);
      model.dispose();
    }
  }

  it.each<[number, FitOptions, number[]]>([
    [33, { batchSize: 16 }, [16, 17]],
    [17, { batchSize: 16 }, [17]],
    [16, { batchSize: 16 }, [16, 16].slice(1)],
    [18, { batchSize: 16 }, [16, 2]],
    [2, { batchSize: 16 }, [2]],
    [3, { batchSize: 2 }, [3]],
    [33, { batchSize: 16, dropLast: true }, [16, 16]],
    [40, { batchSize: 16, dropLast: true }, [16, 16]],
    [32, { batchSize: 16, dropLast: true }, [16, 16]],
    [5, { batchSize: 16, dropLast: true }, [5]],
    [40, { batchSize: 16, dropLast: false }, [16, 16, 8]],
  ])('of %i, with %j, makes batches of %j', async (size, options, sizes) => {
    const arriving = (data: BatchSource): BatchSource => ({
      ...data,
      async *batches(request) {
        for await (const batch of data.batches(request)) {
          await null;
          yield batch;
        }
      },
    });
    for (const source of [undefined, arriving]) {
      const { trained, steps, result } = await run(size, options, source);
      expect(trained).toEqual(sizes);
      expect(steps).toEqual(sizes.map(() => sizes.length));
      expect(result.steps).toBe(sizes.length);
      // A fraction of the examples that were seen.
      const seen = sizes.reduce((sum, each) => sum + each);
      const correct = result.history[0].trainAccuracy * seen;
      expect(correct).toBeCloseTo(Math.round(correct), 9);
    }
  });

  it('is trained on: the run is that of the same batches, made by hand', async () => {
    const data = noisyPatterns({ size: 33 });
    const byHand: BatchSource = {
      ...data,
      size: 34, // Of 17 each, as these batches are not.
      *batches({ shuffle }) {
        const [all] = data.batches({ batchSize: 33, shuffle });
        const [inputs, labels] = [all.inputs.dataSync(), all.labels.dataSync()];
        all.inputs.dispose();
        all.labels.dispose();
        for (const [from, to] of [
          [0, 16],
          [16, 33],
        ]) {
          yield {
            inputs: tensor2d(inputs.slice(from * 12, to * 12), [to - from, 12]),
            labels: tensor1d(labels.slice(from, to), 'int32'),
            size: to - from,
          };
        }
      },
    };
    const joined = await run(33, { batchSize: 16, epochs: 2 });
    const hand = await run(33, { batchSize: 17, epochs: 2 }, () => byHand);
    expect(joined.weights).toEqual(hand.weights);
    expect(joined.result.history.map(({ trainLoss, trainAccuracy }) => [trainLoss, trainAccuracy])).toEqual(
      hand.result.history.map(({ trainLoss, trainAccuracy }) => [trainLoss, trainAccuracy]),
    );
  });

  it.each([
    [1, {}],
    [2, {}],
    [3, {}],
    [1, { dropLast: true }],
    [3, { dropLast: true }],
  ])('is resumed after step %i of 3 to the bit, with %j', async (at, options) => {
    const settings = { batchSize: 16, epochs: 2, ...options };
    const whole = await run(49, settings);
    const stop = new AbortController();
    let checkpoint = new Uint8Array();
    await run(49, {
      ...settings,
      signal: stop.signal,
      onStep: ({ epoch, step }) => epoch === 1 && step === at && stop.abort(),
      onAbort: async (event) => {
        checkpoint = await event.checkpoint();
      },
    });
    const { weights, result, trained } = await run(49, { ...settings, resume: checkpoint });
    expect(weights).toEqual(whole.weights);
    expect(result.steps).toBe(6 - at);
    expect(trained).toEqual(whole.trained.slice(at));
    // What is not given is as in the checkpoint.
    expect((await run(49, { epochs: 2, resume: checkpoint })).weights).toEqual(whole.weights);
    const other = run(49, { ...settings, resume: checkpoint, dropLast: !('dropLast' in options) });
    await expect(other).rejects.toThrow(
      `The checkpoint's run has dropLast ${'dropLast' in options}, this one ${!('dropLast' in options)}`,
    );
  });

  it('leaks no batch when the run ends, or the source fails, while one is held back', async () => {
    const data = noisyPatterns({ size: 33 });
    const stop = new AbortController();
    const failing = (fail: () => void): BatchSource => ({
      ...data,
      async *batches(request) {
        let given = 0;
        for await (const batch of data.batches(request)) {
          if (given++ === 2) {
            batch.inputs.dispose();
            batch.labels.dispose();
            fail();
            return;
          }
          yield batch;
        }
      },
    });
    const model = new HarmonicMLP(shape);
    const tensors = memory().numTensors;
    const fit = (fail: () => void, signal?: AbortSignal) =>
      model.fit(failing(fail), { epochs: 1, batchSize: 16, signal });
    await expect(
      fit(() => {
        throw new Error('the source failed');
      }),
    ).rejects.toThrow('the source failed');
    expect(memory().numTensors).toBe(tensors);
    await expect(fit(() => {})).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'batches',
      value: 2,
      allowed: '3',
      message: expect.stringContaining(
        'The data set gave 2 batches, but 33 examples in batches of 16 make 3: the last one, of one example, is missing.',
      ),
    });
    expect(memory().numTensors).toBe(tensors);
    expect(await fit(() => stop.abort(), stop.signal)).toMatchObject({ aborted: true, steps: 1 });
    expect(memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it('is all that there is: a sentence of its own, and none where there is no batch normalisation', async () => {
    const one = noisyPatterns({ size: 1 });
    const model = new HarmonicMLP(shape);
    for (const options of [{}, { batchSize: 1 }, { dropLast: true }]) {
      await expect(model.fit(one, options)).rejects.toMatchObject({
        code: 'INVALID_SHAPE',
        message: expect.stringMatching(/^The data set has one example, .* Use at least two examples/),
      });
    }
    expect((await model.evaluate(one)).loss).toBeGreaterThan(0);
    model.dispose();

    const linear = new HarmonicMLP({ ...shape, hidden: [] });
    expect(await linear.fit(one, { epochs: 2 })).toMatchObject({ steps: 2 });
    expect(await linear.fit(clean, { epochs: 1, batchSize: 1 })).toMatchObject({ steps: 90 });
    expect(await linear.fit(noisyPatterns({ size: 17 }), { epochs: 1, batchSize: 16 })).toMatchObject({
      steps: 2,
    });
    linear.dispose();
  });
});
