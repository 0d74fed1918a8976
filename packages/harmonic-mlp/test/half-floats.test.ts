import {
  env,
  findBackendFactory,
  memory,
  train as optimizers,
  ready,
  registerBackend,
  removeBackend,
  setBackend,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createOptimizer, type FitOptions, HarmonicMLP, type MetricsEvent, type StartEvent } from '../src';
import { noisyPatterns } from './small-data';

// WebGL as on a phone whose graphics card draws into no 32-bit textures. Only the browser's tests have it.
const chromium = inject('chromium');
const isHere = chromium !== undefined && chromium.missing === undefined;

const shape = { inputSize: 12, classes: 4, hidden: [16, 8], seed: 2 };
const data = noisyPatterns({ size: 160 });

describe.skipIf(!isHere)('WebGL with 16-bit textures', () => {
  /** Starts the backend anew; other files of the same page use it with 32-bit textures. */
  async function restart(with16Bits: boolean) {
    const factory = findBackendFactory('webgl');
    removeBackend('webgl');
    env().set('WEBGL_FORCE_F16_TEXTURES', with16Bits);
    env().set('WEBGL_RENDER_FLOAT32_ENABLED', !with16Bits); // tfjs derives it from the other flag, but only once.
    registerBackend('webgl', factory);
    expect(await setBackend('webgl')).toBe(true);
    await ready();
  }

  let tensorsBefore = 0;
  beforeAll(async () => {
    const { missingGraphics } = await import('../../../test/support/gpu-backends');
    expect(await missingGraphics('webgl')).toBeUndefined();
    await restart(true);
    tensorsBefore = memory().numTensors;
  });
  afterAll(async () => {
    expect(memory().numTensors).toBe(tensorsBefore);
    await restart(false);
  });

  /** Fifty steps; their losses, and what the run said of itself. */
  async function train(options: FitOptions = {}) {
    const model = new HarmonicMLP(shape);
    const losses: number[] = [];
    let started: StartEvent | undefined;
    try {
      const result = await model.fit(data, {
        epochs: 5,
        batchSize: 16,
        readEvery: 1,
        validation: data,
        onStart: (event) => {
          started = event;
        },
        onMetrics: (event: MetricsEvent) => void losses.push(...event.losses),
        ...options,
      });
      return { losses, result, started };
    } finally {
      model.dispose();
    }
  }
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;

  it('trains by default: 50 finite losses, which fall, and says with what', { tags: 'long' }, async () => {
    const { losses, result, started } = await train();
    expect(losses).toHaveLength(50);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(mean(losses.slice(-10))).toBeLessThan(0.8 * mean(losses.slice(0, 10)));
    expect(result.history[4].validation?.loss).toBeLessThan(1.3);
    for (const told of [result, started]) {
      expect(told).toMatchObject({ floatPrecision: 16, optimizer: { epsilon: 1e-4 } });
    }
  });

  it.each(['harmonic', 'relu'] as const)(
    'trains %s layers by scaled updates and with decoupled decay',
    async (activation) => {
      const model = new HarmonicMLP({ ...shape, activation });
      const optimizer = createOptimizer(model, { freqScale: 'update', weightDecayMode: 'decoupled' });
      const { history } = await model.fit(data, { epochs: 4, batchSize: 16, optimizer });
      expect(history[3].trainLoss).toBeLessThan(history[0].trainLoss);
      optimizer.dispose();
      model.dispose();
    },
  );

  it('refuses an ε that is lost there before the first step, tfjs’s own included', async () => {
    const model = new HarmonicMLP(shape);
    const stock = optimizers.adam(0.001, 0.9, 0.999, 1e-7);
    const own = createOptimizer(model, { epsilon: 1e-7 });
    for (const optimizer of [stock, own]) {
      let hasStarted = false;
      const run = model.fit(data, {
        optimizer,
        onStart: () => {
          hasStarted = true;
        },
      });
      await expect(run).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(
          /^epsilon is 1e-7; it must be at least [\d.e-]+ with the 16-bit floats of this webgl backend/,
        ),
      });
      expect(hasStarted).toBe(false);
    }
    for (const each of [stock, own, model]) each.dispose();
  });

  it('goes on with a run that began with 32-bit floats and 1e-8', async () => {
    const model = new HarmonicMLP(shape);
    let checkpoint = new Uint8Array();
    await model.fit(data, {
      epochs: 1,
      batchSize: 16,
      onEpoch: async (event) => {
        checkpoint = await event.checkpoint();
      },
    });
    const text = new TextDecoder('latin1').decode(checkpoint);
    const at = text.indexOf(String.raw`\"epsilon\":0.0001`);
    expect(at).toBeGreaterThan(0);
    const resume = checkpoint.slice();
    resume.set(new TextEncoder().encode(String.raw`\"epsilon\":1e-8  `), at);
    // Changed on purpose.
    const [checksum] = /"crc32 [0-9a-f]{8}"/.exec(text)!;
    resume.set(new TextEncoder().encode('"none"'.padEnd(checksum.length)), text.indexOf(checksum));
    const { result } = await train({ resume, epochs: 2, readEvery: 32 });
    expect(result.optimizer.epsilon).toBe(1e-4);
    expect(result.history[1].trainLoss).toBeLessThan(2);
    model.dispose();
  });

  it('tells inputs that are too large for it by their place', async () => {
    const large = {
      ...data,
      *batches(request: Parameters<typeof data.batches>[0]) {
        for (const batch of data.batches(request)) {
          const values = batch.inputs.dataSync().slice();
          values[7] = 1e6;
          batch.inputs.dispose();
          yield { ...batch, inputs: tensor2d(values, batch.inputs.shape) };
        }
      },
    };
    const model = new HarmonicMLP(shape);
    await expect(model.fit(large, { epochs: 1, batchSize: 16 })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringMatching(
        /feature 7 of example 0 .* is 1000000; it must be at most 65504 in size, for this backend has 16-bit floats/,
      ),
    });
    model.dispose();
  });
});
