import { HarmonicMLP, type ModelFileInfo } from 'harmonic-mlp';
import { counted } from './counted';
import { type DataSource, type Dataset, loadData, type TrainedOn, titleOf } from './data';
import { TrainerError } from './errors';
import { inFile } from './in-file';
import { newestModel, readModelFile } from './run-folder';
import { decode } from './saved-run';

/** The model that `--model` names, or the newest one, with what its file says about it. */
export async function loadModel(
  place: string | undefined,
): Promise<{ model: HarmonicMLP; file: string; trainedOn: TrainedOn } & ModelFileInfo> {
  const found = place ?? (await newestModel());
  if (found === undefined) {
    const fix = 'Train one first, or pass a file with --model.';
    throw new TrainerError('FILE_NOT_FOUND', { problem: 'There is no trained model in runs yet.', fix });
  }
  const { file, bytes } = await readModelFile(found);
  const checkpoint = decode(file, bytes);
  const model = inFile(file, () => HarmonicMLP.fromBytes(checkpoint));
  return { ...checkpoint, model, file, trainedOn: trainedOn(checkpoint.metadata.run, file) };
}

/**
 * The data to use a model on.
 *
 * @throws {TrainerError} `INVALID_SHAPE` if the model is for other data.
 */
export async function loadDataFor(
  { config }: HarmonicMLP,
  source: DataSource,
  options: { offline?: boolean },
): Promise<Dataset> {
  const data = await loadData(source, options);
  const { inputSize, task, classes = 0, outputs } = data.shape;
  const isLike = inputSize === config.inputSize && task === config.task && outputs === config.outputs;
  // Some of the model's classes may have no examples.
  if (isLike && classes <= (config.classes ?? 0)) return data;
  throw new TrainerError('INVALID_SHAPE', {
    argument: 'dataset',
    value: source.dataset,
    problem: `The model has ${widths(config)}, but ${titleOf(source)} has ${widths(data.shape)}.`,
    fix: 'Pass the --dataset that it was trained on.',
  });
}

/** For example "784 inputs and 10 classes". */
const widths = ({ inputSize, classes, outputs }: Dataset['shape']): string =>
  `${counted(inputSize!, 'input')} and ${classes === undefined ? counted(outputs!, 'output') : `${classes} classes`}`;

/** What this program noted about the data in a model's file; empty if another program wrote the file. */
function trainedOn(run: string | undefined, file: string): TrainedOn {
  try {
    const { normalisation, ...noted } = JSON.parse(run ?? '{}');
    const { dataset, dataDir, verify, transpose, seed, examples, dataNoise } = noted;
    const { validation, classNames, drawingStyle } = noted;
    // Earlier versions called it `normalisation`, and its std `deviation`.
    const earlier = normalisation && { mean: normalisation.mean, std: normalisation.deviation };
    const normalization = noted.normalization ?? earlier;
    const source = { dataset, dataDir, verify, transpose, seed, examples, dataNoise };
    return { ...source, validation, normalization, classNames, drawingStyle };
  } catch (cause) {
    const problem = 'The settings of its run are damaged.';
    throw new TrainerError('INVALID_DATA', { problem, file }, { cause });
  }
}
