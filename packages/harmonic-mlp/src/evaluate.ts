import {
  countCorrect,
  HarmonicError,
  requireNumber,
  requireOptions,
  softmaxCrossEntropy,
} from '@harmonic-mlp/core';
import { dispose, keep, type Scalar, stack, tidy } from '@tensorflow/tfjs-core';
import { throwIfAborted } from './abort';
import { type BatchSource, checkedBatches, requireDataset } from './batch-source';
import { requireSignal } from './fit-options';
import type { HarmonicMLP } from './harmonic-mlp';
import { changesOf } from './in-use';
import { Pacer } from './pacer';
import { findUnusableData } from './unusable-data';

/** Settings of an evaluation. */
export interface EvaluateOptions {
  /** The number of examples in a batch, at least 1; it does not change the result. Default 256. */
  batchSize?: number;
  /** Ends the evaluation early, with the signal's reason as the error. */
  signal?: AbortSignal;
}

/** What an evaluation found. */
export interface Evaluation {
  /** The mean cross-entropy over all examples, in nats. */
  loss: number;
  /** The fraction of examples classified correctly, from 0 to 1. */
  accuracy: number;
}

/** Evaluates a model in inference mode; see {@link HarmonicMLP.evaluate}. */
export async function evaluate(
  model: HarmonicMLP,
  data: BatchSource,
  options?: EvaluateOptions,
): Promise<Evaluation> {
  model.requireAlive();
  requireDataset('The data to evaluate', data, model.config);
  const { batchSize = 256, signal } = requireOptions(
    'options',
    options,
    'model.evaluate(test, { batchSize: 256 })',
  );
  requireNumber('batchSize', batchSize, { integer: true, min: 1 });
  requireSignal(signal);
  throwIfAborted(signal);
  const changes = changesOf(model);
  const pacer = new Pacer();
  const sizes: number[] = [];
  const losses: Scalar[] = [];
  const counts: Scalar[] = [];
  try {
    for await (const { inputs, labels, size } of checkedBatches(data, { batchSize, signal })) {
      try {
        requireUnchanged(model, changes);
        tidy(() => {
          const logits = model.logits(inputs);
          losses.push(keep(softmaxCrossEntropy({ logits, labels })[0]));
          counts.push(keep(countCorrect({ logits, labels })));
        });
      } finally {
        dispose([inputs, labels]);
      }
      sizes.push(size);
      await pacer.turn();
      throwIfAborted(signal);
    }
    throwIfAborted(signal);
    const values = await read([...losses, ...counts]);
    let loss = 0;
    let correct = 0;
    sizes.forEach((size, i) => {
      loss += values[i] * size;
      correct += values[sizes.length + i];
    });
    const bad = values.subarray(0, sizes.length).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) await requireUsableBatch(bad);
    return { loss: loss / data.size, accuracy: correct / data.size };
  } finally {
    dispose([losses, counts]);
  }

  /** A loss that is not finite may be the data's fault. */
  async function requireUsableBatch(start: number): Promise<void> {
    const request = { batchSize, start, signal };
    const nameOf = (batch: number) => `batch ${batch} of ${batchSize}`;
    const { classes } = model.config;
    const search = { request, count: 1, classes, nameOf };
    const fault = await findUnusableData(data, checkedBatches(data, request), search).catch(() => undefined);
    if (fault !== undefined) throw fault;
  }
}

function requireUnchanged(model: HarmonicMLP, changes: number): void {
  if (changesOf(model) === changes) return;
  throw new HarmonicError(
    'IN_USE',
    'The model was trained while it was evaluated, so that there is no one loss or accuracy. Await fit before evaluate, or await evaluate within onEpoch, while fit waits.',
  );
}

/** The values of scalars, in one read of the backend. */
export async function read(scalars: Scalar[]): Promise<Float32Array> {
  const stacked = stack(scalars);
  try {
    return await stacked.data<'float32'>();
  } finally {
    stacked.dispose();
  }
}
