import { countCorrect, requireNumber, softmaxCrossEntropy } from '@harmonic-mlp/core';
import { dispose, keep, type Scalar, stack, tidy } from '@tensorflow/tfjs-core';
import { type BatchSource, requireFit } from './batch-source';
import type { HarmonicMLP } from './harmonic-mlp';
import { Pacer } from './pacer';

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
  { batchSize = 256, signal }: EvaluateOptions = {},
): Promise<Evaluation> {
  requireNumber('batchSize', batchSize, { integer: true, min: 1 });
  requireFit(model.config, data);
  signal?.throwIfAborted();
  const pacer = new Pacer();
  const sizes: number[] = [];
  const losses: Scalar[] = [];
  const counts: Scalar[] = [];
  try {
    for await (const { inputs, labels, size } of data.batches({ batchSize, signal })) {
      try {
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
      signal?.throwIfAborted();
    }
    signal?.throwIfAborted();
    const values = await read([...losses, ...counts]);
    let loss = 0;
    let correct = 0;
    sizes.forEach((size, i) => {
      loss += values[i] * size;
      correct += values[sizes.length + i];
    });
    return { loss: loss / data.size, accuracy: correct / data.size };
  } finally {
    dispose([losses, counts]);
  }
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
