import { HarmonicError } from '@harmonic-mlp/core';
import { normalizePixels } from '@harmonic-mlp/mnist-data';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { centerDigit, grayFromRgba } from '@harmonic-mlp/mnist-data/drawing';
import { dispose, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { HarmonicMLP } from 'harmonic-mlp';
import type { MadeDataset } from 'harmonic-mlp/made-data';
import { taskOption } from 'harmonic-mlp/settings';
import { type DataChoice, madeDataset, madeExamples, measureOf } from '../dataset';
import { measured } from '../measure';
import { inputsThroughout } from '../throughout';
import { Turns } from '../turns';
import { ArrivingImages } from './arriving-images';
import { testResult } from './confusion';
import { currentPeriods } from './current-periods';
import { kernelImages } from './kernel-images';
import { layersInside } from './layer-inside';
import type {
  Arrival,
  Inspection,
  InspectorApi,
  KernelImages,
  LayerInside,
  Reading,
  TestResult,
} from './protocol';

/** Pre-activations are counted for the first batch of examples. */
const batchSize = 500;

/** Inspects networks, and reads drawings with them. */
export class Inspector implements InspectorApi {
  readonly #test = new ArrivingImages('test');
  readonly #models = new Map<number, HarmonicMLP>();
  readonly #turns = new Turns();

  arrive(arrival: Arrival): void {
    this.#test.arrive(arrival);
  }

  inspect(network: number, bytes: Uint8Array, data: DataChoice): Promise<Inspection> {
    return this.#turns.take(async () => {
      const model = HarmonicMLP.fromBytes(bytes);
      this.#models.get(network)?.dispose();
      this.#models.set(network, model);
      const made = madeDataset(data.dataset);
      if (made !== undefined) return inspectOnMade(model, made, data);
      const kernels = kernelsOf(model);
      if (!this.#test.complete) return { test: undefined, kernels, layers: [], answers: undefined };
      const { result, layers } = await this.#tryOut(model, data.labelSmoothing);
      return { test: result, kernels, layers, answers: undefined };
    });
  }

  forget(network: number): Promise<void> {
    return this.#turns.take(async () => {
      this.#models.get(network)?.dispose();
      this.#models.delete(network);
    });
  }

  async read(rgba: Uint8ClampedArray, width: number, height: number): Promise<Reading> {
    const digit = findDigit(rgba, width, height);
    if (digit === undefined) return { digit, probabilities: {} };
    const inputs = tensor2d(normalizePixels(digit, mnist.normalization), [1, digit.length]);
    try {
      const probabilities: Record<number, number[]> = {};
      for (const [network, model] of this.#models) {
        probabilities[network] = Array.from(tidy(() => model.predict(inputs).dataSync()));
      }
      return { digit, probabilities };
    } finally {
      inputs.dispose();
    }
  }

  /** One pass over the test images. */
  async #tryOut(
    model: HarmonicMLP,
    labelSmoothing = 0,
  ): Promise<{ result: TestResult; layers: LayerInside[] }> {
    const { classes, size } = this.#test;
    const logits = new Float32Array(size * classes);
    const labels = new Uint8Array(size);
    let layers: LayerInside[] = [];
    let done = 0;
    for await (const batch of this.#test.batches({ batchSize })) {
      try {
        if (done === 0) layers = layersInside(model, batch.inputs);
        logits.set(
          tidy(() => model.logits(batch.inputs).dataSync()),
          done * classes,
        );
        labels.set(batch.labels.dataSync(), done);
        done += batch.size;
      } finally {
        dispose([batch.inputs, batch.labels]);
      }
      // A drawing does not wait for all images to be processed.
      await new Promise((turn) => setTimeout(turn));
    }
    return { result: testResult(logits, labels, { classes, labelSmoothing }), layers };
  }
}

/** What a model makes of a made data set, and of its inputs in between. */
async function inspectOnMade(model: HarmonicMLP, made: MadeDataset, data: DataChoice): Promise<Inspection> {
  const examples = madeExamples(made, data, 'test');
  const results = await model.evaluate(examples, { task: taskOption({ ...data }) });
  const test = { loss: results.loss, value: measured(measureOf(data.dataset), results)! };
  const { inputSize } = made;
  const matrix = (values: Float32Array) => tensor2d(values, [values.length / inputSize, inputSize]);
  let layers: LayerInside[] = [];
  let answers = new Float32Array();
  tidy(() => {
    layers = layersInside(model, matrix(examples.inputs.subarray(0, batchSize * inputSize)));
    const predictions = model.predict(matrix(inputsThroughout(inputSize)));
    const columns = predictions.shape[1];
    // Of two probabilities, the second; of one number, itself.
    answers = predictions.dataSync<'float32'>().filter((_, i) => i % columns === columns - 1);
  });
  return { test, kernels: undefined, layers, answers };
}

/** The kernels of the first layer, if it sees the pixels. */
function kernelsOf({ hidden, output, inputSize }: HarmonicMLP): KernelImages | undefined {
  const first = hidden[0]?.layer ?? output;
  const [inputs, units] = first.kernel.shape;
  if (inputs !== inputSize) return undefined;
  return kernelImages(first.kernel.dataSync<'float32'>(), units!, currentPeriods(first));
}

function findDigit(rgba: Uint8ClampedArray, width: number, height: number): Uint8Array | undefined {
  try {
    return centerDigit(grayFromRgba(rgba), height, width);
  } catch (error) {
    // An empty canvas.
    if (HarmonicError.is(error) && error.code === 'INVALID_DATA') return undefined;
    throw error;
  }
}
