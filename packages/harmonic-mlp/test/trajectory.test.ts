import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type FixtureTensor, fromTensor, readFixture, toTensor } from '../../../test/support/fixtures';
import { type BatchSource, createOptimizer, HarmonicMLP } from '../src';

interface Trajectory {
  model: {
    inputs: number;
    hidden: { units: number; baseFreq: number; maxFreq: number }[];
    classes: number;
    residual: number;
    dropout: number;
  };
  optimizer: { learningRate: number; weightDecay: number; freqScaleFactor: number; mode: 'gradient' };
  initial: Record<string, FixtureTensor>;
  batches: { x: FixtureTensor; labels: FixtureTensor }[];
  losses: number[];
  correct: number[];
  snapshots: { step: number; weights: Record<string, FixtureTensor> }[];
  evaluation: { logits: FixtureTensor };
}

const reference = readFixture<Trajectory>('trajectory');

/** The fixture's batches in their order, whatever the shuffle. */
const batches: BatchSource = {
  size: 16 * reference.batches.length,
  inputSize: reference.model.inputs,
  classes: reference.model.classes,
  *batches() {
    for (const { x, labels } of reference.batches) {
      yield { inputs: toTensor(x), labels: toTensor(labels, 'int32'), size: 16 };
    }
  },
};

// 20 consecutive training steps of PyTorch 2.13 in float64, from given weights (tools/reference).
describeOnEachBackend("PyTorch's training trajectory", (_, { waves }) => {
  it('is followed for 20 steps by fit', async () => {
    const { model: shape, optimizer: settings } = reference;
    const model = new HarmonicMLP({
      inputSize: shape.inputs,
      classes: shape.classes,
      hidden: shape.hidden.map(({ units }) => units),
      baseFreq: shape.hidden.map(({ baseFreq }) => baseFreq),
      maxFreq: shape.hidden.map(({ maxFreq }) => maxFreq),
      residual: shape.residual,
      dropout: shape.dropout,
    });
    expect(Object.keys(model.variables).sort()).toEqual(Object.keys(reference.initial).sort());
    for (const [path, variable] of Object.entries(model.variables)) {
      const initial = toTensor(reference.initial[path]);
      variable.assign(initial);
      initial.dispose();
    }
    const optimizer = createOptimizer(model, {
      learningRate: settings.learningRate,
      weightDecay: settings.weightDecay,
      freqScaleFactor: settings.freqScaleFactor,
      scale: settings.mode,
    });

    const losses: number[] = [];
    const accuracies: number[] = [];
    // Copies, since not every backend can read in the middle of a step.
    const copies: Record<string, Tensor>[] = [];
    await model.fit(batches, {
      epochs: 1,
      batchSize: 16,
      readEvery: 1,
      optimizer,
      onStep({ step }) {
        if (step !== reference.snapshots[copies.length]?.step) return;
        const weights = Object.entries(model.variables).map(([path, variable]) => [path, variable.clone()]);
        copies.push(Object.fromEntries(weights));
      },
      onMetrics(event) {
        losses.push(...event.losses);
        accuracies.push(event.accuracy);
      },
    });

    expect(copies).toHaveLength(reference.snapshots.length);
    for (const [i, { step, weights }] of reference.snapshots.entries()) {
      for (const [path, copy] of Object.entries(copies[i])) {
        const tolerance = { relative: 0, absolute: 1e-4 };
        expectAllClose(await fromTensor(copy), weights[path], tolerance, `${path} after step ${step}`);
        copy.dispose();
      }
    }
    expectAllClose(losses, reference.losses, waves?.results ?? { relative: 1e-5 }, 'losses');
    const counts = accuracies.map((accuracy, i) => Math.round(accuracy * 16 * (i + 1)));
    expect(counts.map((count, i) => count - (counts[i - 1] ?? 0))).toEqual(reference.correct);

    const x = tensor(reference.batches[0].x.data, [16, shape.inputs]);
    const logits = model.logits(x as never);
    const tolerance = waves?.gradients ?? { relative: 1e-5 }; // Sums of waves, as gradients are.
    expectAllClose(await fromTensor(logits), reference.evaluation.logits, tolerance, 'logits in inference');
    x.dispose();
    logits.dispose();
    optimizer.dispose();
    model.dispose();
  });
});
