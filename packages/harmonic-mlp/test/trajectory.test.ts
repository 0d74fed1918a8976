import { FrequencyAwareOptimizer } from '@harmonic-mlp/freq-optimizer';
import { type Tensor, type Tensor2D, train } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { fromTensor, toTensor } from '../../../test/support/fixtures';
import { adamOptions, type Trajectories, trajectories } from '../../../test/support/trajectory';
import { type BatchSource, createOptimizer, HarmonicMLP } from '../src';

const { model: shape, initial, batches, runs } = trajectories;

/** The fixture's first batches in their order, whatever the shuffle. */
const firstBatches = (steps: number): BatchSource => ({
  size: 16 * steps,
  inputSize: shape.inputs,
  classes: shape.classes,
  *batches() {
    for (const { x, labels } of batches.slice(0, steps)) {
      yield { inputs: toTensor(x), labels: toTensor(labels, 'int32'), size: 16 };
    }
  },
});

function initialModel(): HarmonicMLP {
  const model = new HarmonicMLP({
    inputSize: shape.inputs,
    classes: shape.classes,
    hidden: shape.hidden.map(({ units }) => units),
    baseFreq: shape.hidden.map(({ baseFreq }) => baseFreq),
    maxFreq: shape.hidden.map(({ maxFreq }) => maxFreq),
    residual: shape.residual,
    dropout: shape.dropout,
  });
  expect(Object.keys(model.variables).sort()).toEqual(Object.keys(initial).sort());
  for (const [path, variable] of Object.entries(model.variables)) {
    const values = toTensor(initial[path]);
    variable.assign(values);
    values.dispose();
  }
  return model;
}

function optimizerOf(model: HarmonicMLP, settings: Trajectories['runs'][number]['optimizer']) {
  const scaling = { freqScaleFactor: settings.freqScaleFactor, freqScale: settings.mode };
  return settings.base === 'sgd'
    ? new FrequencyAwareOptimizer(train.sgd(settings.learningRate), model.harmonicLayers, scaling)
    : createOptimizer(model, { ...adamOptions(settings), ...scaling });
}

// Consecutive training steps of PyTorch 2.13 in float64, from given weights (tools/reference).
describeOnEachBackend("PyTorch's training trajectory", (_, { waves }) => {
  // Weights and losses stray by up to 3.6e-7 and logits by up to 1.3e-6, as PyTorch's own float32 does.
  const float32 = { weights: { relative: 0, absolute: 1e-6 }, logits: { relative: 0, absolute: 3e-6 } };
  const { weights: nearWeights, logits: nearLogits } = waves?.trained ?? float32;

  it.each(runs)('is followed by fit: $name', async (reference) => {
    const model = initialModel();
    const optimizer = optimizerOf(model, reference.optimizer);

    const losses: number[] = [];
    const accuracies: number[] = [];
    // Copies, since not every backend can read in the middle of a step.
    const copies: Record<string, Tensor>[] = [];
    await model.fit(firstBatches(reference.losses.length), {
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
        expectAllClose(await fromTensor(copy), weights[path], nearWeights, `${path} after step ${step}`);
        copy.dispose();
      }
    }
    expectAllClose(losses, reference.losses, nearWeights, 'losses');
    const counts = accuracies.map((accuracy, i) => Math.round(accuracy * 16 * (i + 1)));
    expect(counts.map((count, i) => count - (counts[i - 1] ?? 0))).toEqual(reference.correct);

    const x = toTensor<Tensor2D>(batches[0].x);
    const logits = model.logits(x);
    expectAllClose(await fromTensor(logits), reference.evaluation.logits, nearLogits, 'logits in inference');
    x.dispose();
    logits.dispose();
    optimizer.dispose();
    model.dispose();
  });
});
