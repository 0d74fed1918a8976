import {
  type Dataset,
  loadDataFor,
  loadModel,
  type Scoring,
  scoringOf,
  sourceFor,
  titleOf,
  withBackend,
} from '@harmonic-mlp/node-trainer';
import { type Tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { HarmonicMLP } from 'harmonic-mlp';
import { kernelImages } from './kernel-images';
import type { Image } from './png';

/** A test image that the model takes for another class. */
export interface Mistake {
  /** The number of the example. */
  index: number;
  label: number;
  prediction: number;
  /** The probabilities of both. */
  probabilities: { label: number; prediction: number };
  picture: Image;
}

/** What a model does. */
export interface Examination {
  /** The first layer's kernels as images, by period, if the inputs may be square images. */
  kernels?: { images: { picture: Image; period?: number }[]; units: number };
  test?: TestOutcome;
  /** Why there is no test. */
  missing?: string;
}

/** What a model says about the test examples. */
export interface TestOutcome {
  /** The name of the data set. */
  title: string;
  examples: number;
  noun: string;
  scoring: Scoring;
  evaluation: Record<string, number | undefined>;
  /** Of a classification, [labels][predictions]. */
  confusion?: number[][];
  classNames: string[];
  /** The worst first; undefined unless examples are images. */
  mistakes?: Mistake[];
  mistaken?: number;
  /** Of a regression on one input: the learned function, and examples of the data. */
  learned?: { x: number[]; y: number[]; examples: { x: number[]; y: number[] } };
}

/** The numbers of what a report shows. */
const [mostMistakes, mostPoints, functionPoints] = [24, 512, 400];

/** The examples that are evaluated at once. */
const batchSize = 512;

/** Loads a model and lets it answer for the test examples, which are not downloaded. */
export function examineModel(place: string): Promise<Examination> {
  return withBackend({ backend: 'wasm', kernels: true }, async () => {
    const { model, trainedOn } = await loadModel(place);
    try {
      const kernels = await kernelsOf(model);
      const source = sourceFor(trainedOn, { verify: true });
      try {
        const data = await loadDataFor(model, source, { offline: true });
        return { kernels, test: await testOf(model, data, titleOf(source)) };
      } catch (error) {
        return { kernels, missing: (error as Error).message };
      }
    } finally {
      model.dispose();
    }
  });
}

async function testOf(model: HarmonicMLP, data: Dataset, title: string): Promise<TestOutcome> {
  const { test, noun } = data;
  const { task, classes = 0 } = model.config;
  const evaluation = await model.evaluate(test, { batchSize });
  const common = { title, noun, examples: test.size, scoring: scoringOf(task), evaluation };
  const names = Array.from({ length: classes }, (_, i) => data.classNames?.[i] ?? String(i));
  if (task === 'regression') {
    const isFunction = model.config.inputSize === 1 && model.config.outputs === 1;
    return { ...common, classNames: [], learned: isFunction ? await learnedOf(model, data) : undefined };
  }
  return { ...common, classNames: names, ...(await classify(model, data, classes)) };
}

async function classify(model: HarmonicMLP, data: Dataset, classes: number) {
  const confusion = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  const wrong: {
    index: number;
    label: number;
    prediction: number;
    surprise: number;
    by: Mistake['probabilities'];
  }[] = [];
  for (let first = 0; first < data.test.size; first += batchSize) {
    const examples = Array.from({ length: Math.min(batchSize, data.test.size - first) }, (_, i) =>
      data.example(first + i),
    );
    const outputs = await predict(
      model,
      examples.map(({ inputs }) => inputs),
    );
    examples.forEach(({ target }, i) => {
      const row = outputs.subarray(i * classes, (i + 1) * classes);
      const prediction = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
      if (prediction < 0) return; // Damaged weights give no numbers.
      confusion[target][prediction]++;
      if (prediction === target) return;
      const by = { label: row[target], prediction: row[prediction] };
      wrong.push({ index: first + i, label: target, prediction, surprise: by.prediction - by.label, by });
    });
  }
  wrong.sort((a, b) => b.surprise - a.surprise || a.index - b.index);
  const mistakes = wrong.slice(0, mostMistakes).flatMap(({ index, label, prediction, by }) => {
    const { picture } = data.example(index);
    if (picture === undefined) return [];
    const {
      pixels,
      shape: [height, width],
    } = picture;
    return [
      {
        index,
        label,
        prediction,
        probabilities: by,
        picture: { width, height, channels: 1 as const, data: Uint8Array.from(pixels) },
      },
    ];
  });
  return { confusion, mistaken: wrong.length, mistakes: data.noun === 'images' ? mistakes : undefined };
}

/** The outputs for inputs as the model takes them, row by row. */
async function predict(model: HarmonicMLP, inputs: readonly ArrayLike<number>[]): Promise<Float32Array> {
  const [{ length: width }] = inputs;
  const values = new Float32Array(inputs.length * width);
  inputs.forEach((each, i) => {
    values.set(each, i * width);
  });
  const predicted = tidy((): Tensor => model.predict(tensor2d(values, [inputs.length, width])));
  try {
    return (await predicted.data()) as Float32Array;
  } finally {
    predicted.dispose();
  }
}

async function learnedOf(model: HarmonicMLP, data: Dataset): Promise<TestOutcome['learned']> {
  const count = Math.min(mostPoints, data.test.size);
  const stride = data.test.size / count;
  const examples = Array.from({ length: count }, (_, i) => data.example(Math.floor(i * stride)));
  const inputs = examples.map((example) => example.inputs[0]);
  const [least, most] = [Math.min(...inputs), Math.max(...inputs)];
  const x = Array.from(
    { length: functionPoints },
    (_, i) => least + ((most - least) * i) / (functionPoints - 1),
  );
  const y = await predict(
    model,
    x.map((value) => [value]),
  );
  return { x, y: [...y], examples: { x: inputs, y: examples.map(({ target }) => target) } };
}

async function kernelsOf({ hidden, output, inputSize }: HarmonicMLP): Promise<Examination['kernels']> {
  const layer = hidden[0]?.layer ?? output;
  const { kernel, periods, currentPeriods } = layer;
  const side = Math.sqrt(inputSize);
  const [inputs, units] = kernel.shape as [number, number];
  if (!Number.isInteger(side) || side < 4 || inputs !== inputSize) return undefined;
  const values = await kernel.data<'float32'>();
  const own =
    currentPeriods === undefined ? periods : tidy(() => currentPeriods.call(layer).dataSync<'float32'>());
  return { images: kernelImages(values, units, side, own), units };
}
