import { normalizePixels } from '@harmonic-mlp/mnist-data';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { centerDigit, requireDrawingStyle } from '@harmonic-mlp/mnist-data/drawing';
import { tidy } from '@tensorflow/tfjs-core';
import type { Command } from 'commander';
import type { HarmonicMLP, TaskName } from 'harmonic-mlp';
import { parseSetting } from 'harmonic-mlp/settings';
import { withBackend } from '../backends';
import { type Dataset, type Example, ownFiles, sourceFor, type TrainedOn, titleOf } from '../data';
import { drawImage } from '../draw-image';
import { TrainerError } from '../errors';
import { readImage } from '../image-file';
import { inFile } from '../in-file';
import { loadDataFor, loadModel } from '../load-model';
import { addCommonOptions, type CommonOptions, integer, path } from '../options';
import { output, printJson } from '../output';
import { printFacts } from '../table';
import { modelOption } from './model-option';

interface PredictOptions extends CommonOptions {
  model?: string;
  input?: number[][];
}

/** What to predict for: a test example by its number, the drawing in a file, or numbers. */
type Source = { index: number } | { image: string } | { inputs: number[] };

/** What a model predicts for. */
interface Subject extends Pick<Partial<Example>, 'target' | 'picture'> {
  source: Source;
  /** As the model takes them. */
  inputs: Float32Array | number[];
}

export function addPredictCommand(program: Command): void {
  const command = program
    .command('predict')
    .description('Predict for test examples, drawn digits, or numbers.')
    .argument(
      '[example...]',
      'the number of a test example, from 0, or a PNG, JPEG, or PGM file of one drawn digit, dark on light or light on dark (write ./8 for a file named 8)',
      (text: string, earlier: Source[] = []) => [...earlier, source(text)],
    )
    .option(
      '--input <numbers>',
      'the inputs of an example, separated by commas; repeat it for more examples',
      (text: string, earlier: number[][] = []) => [...earlier, numbers(text)],
    )
    .option(...modelOption, path);
  addCommonOptions(command).action((given: Source[] = [], options: PredictOptions) => {
    const sources = [...given, ...(options.input ?? []).map((inputs) => ({ inputs }))];
    if (sources.length === 0) command.error('error: Pass the number of a test example, a file, or --input.');
    return withBackend(options, () => predict(sources, options));
  });
}

function source(text: string): Source {
  if (/^[+-]?\d+$/.test(text)) return { index: integer('example', { min: 0 })(text) };
  return { image: path(text) };
}

const numbers = (text: string) =>
  parseSetting('--input', text, { kind: 'list', bounds: {}, default: [] }) as number[];

async function predict(sources: Source[], { model: place, ...options }: PredictOptions): Promise<void> {
  const { model, file, trainedOn } = await loadModel(place);
  const dataSource = sourceFor(trainedOn, options);
  let data: Dataset | undefined;
  for (const source of sources) {
    let subject: Subject;
    if ('image' in source) {
      subject = await drawnDigit(source.image, model, file, trainedOn);
    } else if ('inputs' in source) {
      requireWidth(source.inputs, model);
      subject = { source, inputs: source.inputs };
    } else {
      data ??= await loadDataFor(model, dataSource, options);
      subject = { source, ...data.example(source.index) };
    }
    const predicted = tidy(() => model.predict(subject.inputs));
    const outputs = Array.from(await predicted.data());
    predicted.dispose();
    if (!outputs.every(Number.isFinite)) {
      throw new TrainerError('INVALID_DATA', { problem: 'The weights of the model are damaged.', file });
    }
    const says = predictions[model.config.task ?? 'classification'](subject, outputs);
    if (options.json) {
      printJson({ event: 'prediction', ...source, ...says.fields });
    } else {
      if (source !== sources[0]) output.print();
      says.show(titleOf(dataSource), data?.classNames ?? trainedOn.classNames);
    }
  }
  model.dispose();
}

function requireWidth(inputs: number[], { config: { inputSize } }: HarmonicMLP): void {
  if (inputs.length === inputSize) return;
  const count = (numbers: number) => `${numbers} number${numbers === 1 ? '' : 's'}`;
  throw new TrainerError('INVALID_ARGUMENT', {
    argument: 'input',
    value: inputs,
    allowed: `${count(inputSize)}, separated by commas`,
    problem: `--input has ${count(inputs.length)}, but the model takes ${inputSize}.`,
  });
}

async function drawnDigit(
  image: string,
  model: HarmonicMLP,
  modelFile: string,
  { dataset, normalization = mnist.normalization, drawingStyle }: TrainedOn,
): Promise<Subject> {
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
      problem: `The model takes ${inputSize} ${inputSize === 1 ? 'value' : 'values'}, but a drawing has ${rows} × ${columns} = ${rows * columns}.`,
      fix: 'Pass the --model of a run on images of that size.',
      file: modelFile,
    });
  }
  const drawing = await readImage(image);
  const pixels = inFile(image, () => centerDigit(drawing.pixels, drawing.rows, drawing.columns, style));
  return {
    source: { image },
    inputs: normalizePixels(pixels, normalization),
    picture: { pixels, shape: [rows, columns] },
  };
}

/** What a prediction says to programs and to people. */
interface Prediction {
  fields: object;
  show(title: string, classNames?: readonly string[]): void;
}

/** What a model says about its outputs, by its task. */
const predictions: Record<TaskName, (subject: Subject, outputs: number[]) => Prediction> = {
  classification: classFor,
  regression: numbersFor,
  'multi-label': labelsFor,
};

function classFor(subject: Subject, probabilities: number[]): Prediction {
  const { source, inputs, target: label, picture } = subject;
  const prediction = probabilities.indexOf(Math.max(...probabilities));
  return {
    fields: { inputs: picture ? undefined : [...inputs], label, prediction, probabilities },
    show(title, given) {
      const { green, red } = output.colors;
      const classNames = namesOf(probabilities, given);
      showSubject(subject, title);
      const says = `the model says ${classNames[prediction]}`;
      if (label !== undefined && 'index' in source) {
        const verdict = prediction === label ? green('right') : red('wrong');
        const name = classNames[label];
        const article = /^([aeiou]|8)/i.test(name) ? 'an' : 'a';
        const noun = picture === undefined ? 'example' : 'image';
        output.say(`\nTest ${noun} ${source.index} is ${article} ${name}; ${says}: ${verdict}.\n`);
      } else {
        output.say(`\n${titleOfSource(source)}: ${says}.\n`);
      }
      showProbabilities(probabilities, [prediction], classNames);
    },
  };
}

function labelsFor(subject: Subject, probabilities: number[]): Prediction {
  const { source, inputs, picture } = subject;
  const prediction = probabilities.flatMap((probability, label) => (probability > 0.5 ? [label] : []));
  return {
    fields: { inputs: picture ? undefined : [...inputs], prediction, probabilities },
    show(title, given) {
      const names = namesOf(probabilities, given);
      const said = new Intl.ListFormat('en').format(prediction.map((label) => names[label]));
      showSubject(subject, title);
      output.say(`\n${titleOfSource(source)}: the model says ${said || 'none of the labels'}.\n`);
      showProbabilities(probabilities, prediction, names);
    },
  };
}

/** The names of classes or labels; their numbers, where they have none. */
const namesOf = ({ length }: number[], given: readonly string[] = []): string[] =>
  Array.from({ length }, (_, i) => given[i] ?? String(i));

const titleOfSource = (source: Source): string => ('image' in source ? source.image : 'The inputs');

function showSubject({ source, inputs, picture }: Subject, title: string): void {
  if (picture === undefined) showFacts(source, title, { [inputTitle(inputs)]: textOf(inputs) });
  else output.print(drawImage(picture.pixels, ...picture.shape, output.width));
}

function showProbabilities(
  probabilities: number[],
  predicted: readonly number[],
  classNames: readonly string[],
): void {
  const { width, colors } = output;
  const nameWidth = Math.max(...classNames.map((name) => name.length));
  const figures = nameWidth + '  100.0%  '.length;
  const longest = Math.max(0, Math.min(30, width - figures));
  probabilities.forEach((probability, digit) => {
    const name = classNames[digit].padEnd(nameWidth);
    const bar = '━'.repeat(Math.round(longest * probability));
    const line = `${name}  ${(100 * probability).toFixed(1).padStart(5)}%  ${bar}`.trimEnd();
    output.print(predicted.includes(digit) ? colors.bold(line) : line);
  });
}

function numbersFor({ source, inputs, target }: Subject, outputs: number[]): Prediction {
  return {
    fields: { inputs: [...inputs], target, prediction: outputs.length === 1 ? outputs[0] : outputs },
    show(title) {
      showFacts(source, title, {
        [inputTitle(inputs)]: textOf(inputs),
        ...(target !== undefined && { Target: textOf([target]) }),
        Prediction: textOf(outputs),
      });
    },
  };
}

function showFacts(source: Source, title: string, facts: Record<string, string>): void {
  output.say('index' in source ? `Test example ${source.index} of ${title}` : 'The given inputs');
  printFacts(facts);
}

const inputTitle = ({ length }: ArrayLike<number>): string => (length === 1 ? 'Input' : 'Inputs');

/** Numbers to four digits. */
const textOf = (values: ArrayLike<number>): string =>
  Array.from(values, (value) => String(Number(value.toPrecision(4)))).join(', ');
