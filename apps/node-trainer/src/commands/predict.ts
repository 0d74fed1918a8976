import { type LabeledDataset, normalizePixels } from '@harmonic-mlp/mnist-data';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { centerDigit, requireDrawingStyle } from '@harmonic-mlp/mnist-data/drawing';
import { type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Command } from 'commander';
import type { HarmonicMLP } from 'harmonic-mlp';
import { withBackend } from '../backends';
import { loadData, ownFiles, sourceFor, type TrainedOn } from '../data';
import { drawImage } from '../draw-image';
import { TrainerError } from '../errors';
import { readImage } from '../image-file';
import { inFile } from '../in-file';
import { addCommonOptions, type CommonOptions, integer, path } from '../options';
import { output, printJson } from '../output';
import { loadModel, modelOption } from './model-option';

interface PredictOptions extends CommonOptions {
  model?: string;
}

/** What to classify: a test image by its number, or the drawing in a file. */
type Source = { index: number } | { image: string };

/** An image as the model sees it. */
interface Example {
  source: Source;
  pixels: ArrayLike<number>;
  shape: readonly [number, number];
  inputs: Tensor2D;
  /** Its class, if it is known. */
  label?: number;
}

export function addPredictCommand(program: Command): void {
  const command = program
    .command('predict')
    .description('Classify test images or drawn digits, and draw them in the terminal.')
    .argument(
      '<image...>',
      'the number of a test image, from 0, or a PNG, JPEG, or PGM file of one drawn digit, dark on light or light on dark (write ./8 for a file named 8)',
      (text: string, earlier: Source[] = []) => [...earlier, source(text)],
    )
    .option(...modelOption, path);
  addCommonOptions(command).action((sources: Source[], options: PredictOptions) =>
    withBackend(options, () => predict(sources, options)),
  );
}

function source(text: string): Source {
  if (/^[+-]?\d+$/.test(text)) return { index: integer('image', { min: 0 })(text) };
  return { image: path(text) };
}

async function predict(sources: Source[], { model: place, ...options }: PredictOptions): Promise<void> {
  const { model, file, trainedOn } = await loadModel(place);
  let test: LabeledDataset | undefined;
  for (const source of sources) {
    let example: Example;
    if ('image' in source) {
      example = await drawnDigit(source.image, model, file, trainedOn);
    } else {
      test ??= (await loadData(sourceFor(trainedOn, options), options)).test;
      example = testImage(test, source.index);
    }
    const probabilities = Array.from(await tidy(() => model.predict(example.inputs)).data());
    example.inputs.dispose();
    if (!probabilities.every(Number.isFinite)) {
      throw new TrainerError('INVALID_DATA', { problem: 'The weights of the model are damaged.', file });
    }
    const prediction = probabilities.indexOf(Math.max(...probabilities));
    if (options.json) {
      const { label } = example;
      printJson({ event: 'prediction', ...example.source, label, prediction, probabilities });
    } else {
      if (source !== sources[0]) output.print();
      show(example, prediction, probabilities, test?.classNames ?? trainedOn.classNames);
    }
  }
  model.dispose();
}

function testImage(test: LabeledDataset, index: number): Example {
  if (index >= test.size) {
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: 'image',
      value: index,
      allowed: `an integer from 0 to ${test.size - 1}`,
      problem: `There is no test image ${index}: the ${test.size} images are numbered 0 to ${test.size - 1}.`,
    });
  }
  const { inputs, labels } = test.batch([index]);
  labels.dispose();
  const { pixels, label } = test.image(index);
  return { source: { index }, pixels, shape: test.imageShape ?? [1, test.inputSize], inputs, label };
}

async function drawnDigit(
  image: string,
  model: HarmonicMLP,
  modelFile: string,
  { dataset, normalization = mnist.normalization, drawingStyle }: TrainedOn,
): Promise<Example> {
  const { inputSize } = model.config;
  if (dataset === ownFiles && !drawingStyle) {
    const testImage = 'pass the number of a test image.';
    throw new TrainerError('UNSUPPORTED', {
      problem: `The model cannot read drawings: ${
        drawingStyle === null
          ? 'its training images are not drawings in one ink on one background.'
          : 'its file does not say what its training images look like.'
      }`,
      fix: drawingStyle === null ? `G${testImage.slice(1)}` : `Resume its run for an epoch, or ${testImage}`,
      file: modelFile,
    });
  }
  const style = drawingStyle ? inFile(modelFile, () => requireDrawingStyle(drawingStyle)) : undefined;
  const [rows, columns] = style ? [style.rows, style.columns] : mnist.imageShape;
  if (inputSize !== rows * columns) {
    throw new TrainerError('INVALID_SHAPE', {
      problem: `The model takes ${inputSize} values, but a drawing has ${rows} × ${columns} = ${rows * columns}.`,
      fix: 'Pass the --model of a run on images of that size.',
      file: modelFile,
    });
  }
  const drawing = await readImage(image);
  const pixels = inFile(image, () => centerDigit(drawing.pixels, drawing.rows, drawing.columns, style));
  const inputs = tensor2d(normalizePixels(pixels, normalization), [1, inputSize]);
  return { source: { image }, pixels, shape: [rows, columns], inputs };
}

function show(
  { source, pixels, shape: [rows, columns], label }: Example,
  prediction: number,
  probabilities: number[],
  classNames: readonly string[] = probabilities.map((_, digit) => String(digit)),
): void {
  const { width } = output;
  const { bold, green, red } = output.colors;
  output.print(drawImage(pixels, rows, columns, width));
  const says = `the model says ${classNames[prediction]}`;
  if ('image' in source) {
    output.say(`\n${source.image}: ${says}.\n`);
  } else {
    const verdict = prediction === label ? green('right') : red('wrong');
    const name = classNames[label ?? 0];
    const article = /^([aeiou]|8)/i.test(name) ? 'an' : 'a';
    output.say(`\nTest image ${source.index} is ${article} ${name}; ${says}: ${verdict}.\n`);
  }
  const nameWidth = Math.max(...classNames.map((name) => name.length));
  const figures = nameWidth + '  100.0%  '.length;
  const longest = Math.max(0, Math.min(30, width - figures));
  probabilities.forEach((probability, digit) => {
    const name = classNames[digit].padEnd(nameWidth);
    const bar = '━'.repeat(Math.round(longest * probability));
    const line = `${name}  ${(100 * probability).toFixed(1).padStart(5)}%  ${bar}`.trimEnd();
    output.print(digit === prediction ? bold(line) : line);
  });
}
