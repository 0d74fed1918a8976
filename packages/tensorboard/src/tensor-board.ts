import {
  HarmonicError,
  type KnownOptions,
  matrixOf,
  matrixOfArray,
  type Numbers,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';
import { dispose, Tensor, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import type { Callback, ExampleSource, Examples, Position, Run, StartEvent } from 'harmonic-mlp';
import type { EventSink } from './event-sink';
import { EventWriter } from './event-writer';
import { kernelGrid } from './kernel-grid';
import { markdownTable } from './markdown-table';

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions {
  /** Where the events go: `eventFile('logs/first')` of `@harmonic-mlp/tensorboard/node`, or a sink of your own. */
  to: EventSink;
  /**
   * What to show as a table of the configuration: plain JSON, or a function that returns it when the run starts. Default: the
   * configuration of the model, and the settings of the optimizer.
   */
  configuration?: object | ((event: StartEvent) => object);
  /**
   * Examples whose activations in the hidden layers are shown as histograms: the first 128 of a data set, or all of these
   * numbers, [examples, inputSize]. Default: no such histograms.
   */
  inputs?: ExampleSource<Examples> | Numbers;
  /** How many epochs pass between two histograms of each kind, and two images. 0 leaves them out. Default 1. */
  histogramEvery?: number;
  /**
   * The rows and columns of the images that the model takes, or null if it takes none: the weights of the first layer are shown as
   * such images. Default: a square, if the width of the input is the square of 8 or more.
   */
  imageShape?: readonly [rows: number, columns: number] | null;
  /** What the validation data are called. Default `validation`. */
  validationName?: string;
  /** Called the first time that events cannot be written; they are tried again. Default: `console.warn`. */
  onProblem?: (error: unknown) => void;
}

const known: KnownOptions<TensorBoardOptions> = {
  to: true,
  configuration: true,
  inputs: true,
  histogramEvery: true,
  imageShape: true,
  validationName: true,
  onProblem: true,
};

/**
 * Writes what TensorBoard shows of a run, with the number of steps as the horizontal axis:
 *
 * - curves: `loss/step`, the mean loss of the steps since the last point (see `readEvery` of `fit`); `loss/train`,
 *   `loss/validation`, and the same of the accuracy and other metrics, after each epoch or evaluation; `learning_rate`;
 * - histograms: `weights/…` of all parameters and, with `inputs`, `activations/…` of the hidden layers, before the first step and
 *   after each epoch;
 * - images: `kernels/…`, the weights of the first 64 units of the first layer, for inputs that are images;
 * - text: `configuration`, a table.
 *
 * A run that is resumed continues the curves, and replaces what the earlier run wrote after the checkpoint. Events are written
 * at least after each epoch. If that fails, training continues.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is not what it must be; in the run, before its first step, what
 *   the sink throws.
 * @example
 * ```ts
 * import { tensorBoard } from '@harmonic-mlp/tensorboard';
 * import { eventFile } from '@harmonic-mlp/tensorboard/node';
 *
 * const board = tensorBoard({ to: eventFile('logs/second'), inputs: test });
 * await model.fit(train, { epochs: 2, validation: test, callbacks: [board] });
 * ```
 */
export function tensorBoard(options: TensorBoardOptions): Callback {
  const example = "tensorBoard({ to: eventFile('logs/first') })";
  const given = requireOptions('options', options, example, known);
  const { to, histogramEvery, imageShape, validationName, onProblem } = given;
  if (typeof Object(to).write !== 'function')
    throw refused('to', to, "where events go, such as eventFile('logs/first'), or { write(bytes) { … } }");
  if (histogramEvery != null) requireNumber('histogramEvery', histogramEvery, { integer: true, min: 0 });
  if (imageShape != null) {
    if (!Array.isArray(imageShape) || imageShape.length !== 2)
      throw refused('imageShape', imageShape, '[rows, columns], or null');
    for (const [i, size] of imageShape.entries())
      requireNumber(`imageShape[${i}]`, size, { integer: true, min: 1 });
  }
  if (validationName != null && (typeof validationName !== 'string' || validationName === ''))
    throw refused('validationName', validationName, 'a name');
  if (onProblem != null && typeof onProblem !== 'function')
    throw refused('onProblem', onProblem, 'a function that takes the error');
  return new TensorBoard(given);
}

const refused = (argument: string, value: unknown, allowed: string) =>
  new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed });

/** The most examples of a data set whose activations are shown. */
const examplesShown = 128;
/** How often events are written within an epoch, in milliseconds. */
const writeEvery = 1000;

type EpochEvent = Parameters<NonNullable<Callback['onEpoch']>>[0];
type Metrics = Parameters<NonNullable<Callback['onMetrics']>>[0];
type Evaluated = Parameters<NonNullable<Callback['onEvaluate']>>[0];

class TensorBoard implements Callback {
  readonly name = 'tensorBoard';
  readonly #options: TensorBoardOptions;
  #writer: EventWriter | undefined;
  #inputs: Tensor2D | undefined;
  #written = 0;
  /** Whether there is something to write: a run that does not get to its first loss leaves no file. */
  #isTraining = false;
  #hasFailed = false;
  #closed: Promise<void> | undefined;

  constructor(options: TensorBoardOptions) {
    this.#options = options;
  }

  async onStart(event: StartEvent, run: Run): Promise<void> {
    const { to, configuration = { model: run.model.config, optimizer: event.optimizer } } = this.#options;
    await this.#closed;
    await to.open?.();
    const writer = new EventWriter((bytes) => to.write(bytes));
    this.#writer = writer;
    this.#isTraining = false;
    this.#hasFailed = false;
    this.#inputs = await this.#readInputs(run);
    const steps = stepsOf(run.position);
    const first = steps === 0 ? 0 : steps + 1;
    writer.start(first);
    writer.text(
      'configuration',
      first,
      markdownTable(typeof configuration === 'function' ? configuration(event) : configuration),
    );
    if (steps === 0) await this.#lookInside(0, run);
  }

  async onMetrics(event: Metrics, { optimizer }: Run): Promise<void> {
    const step = stepsOf(event);
    const { losses } = event;
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    this.#writer?.scalar('loss/step', step, mean);
    this.#isTraining = true;
    const { learningRate } = optimizer as { learningRate?: unknown };
    if (typeof learningRate === 'number') this.#writer?.scalar('learning_rate', step, learningRate);
    if (Date.now() - this.#written >= writeEvery) await this.#flush();
  }

  onEvaluate(event: Evaluated): void {
    const { validationName = 'validation' } = this.#options;
    this.#writeMetrics(validationName, stepsOf(event), event.validation);
  }

  async onEpoch({ epoch, trainLoss, trainAccuracy, trainMetrics }: EpochEvent, run: Run): Promise<void> {
    const { histogramEvery = 1 } = this.#options;
    const step = epoch * run.position.stepsPerEpoch;
    this.#writeMetrics('train', step, { loss: trainLoss, accuracy: trainAccuracy, ...trainMetrics });
    if (histogramEvery > 0 && epoch % histogramEvery === 0) await this.#lookInside(step, run);
    await this.#flush();
  }

  async onEnd(): Promise<void> {
    await this.#close();
  }

  dispose(): void {
    this.#inputs?.dispose();
    this.#inputs = undefined;
    // Of a run that failed, what has not been written yet.
    this.#closed = this.#close();
  }

  async #close(): Promise<void> {
    if (this.#writer === undefined) return;
    await this.#flush();
    this.#writer = undefined;
    try {
      await this.#options.to.close?.();
    } catch (error) {
      this.#report(error);
    }
  }

  #writeMetrics(part: string, step: number, metrics: Readonly<Record<string, number | undefined>>): void {
    for (const [name, value] of Object.entries(metrics))
      if (typeof value === 'number') this.#writer?.scalar(`${name}/${part}`, step, value);
  }

  /** Writes the histograms and images of the model as it is. */
  async #lookInside(step: number, { model }: Run): Promise<void> {
    const { histogramEvery = 1 } = this.#options;
    if (histogramEvery === 0) return;
    const kernel = model.parameters['hidden.0/kernel'] ?? model.parameters['output/kernel'];
    const shape = this.#imageShape(model.inputSize);
    for (const [path, parameter] of Object.entries(model.parameters)) {
      const values = await parameter.data();
      this.#writer?.histogram(`weights/${path}`, step, values);
      const [rows, units] = parameter.shape as number[];
      if (parameter === kernel && shape !== undefined && rows === shape[0] * shape[1])
        this.#writer?.image(`kernels/${path.split('/')[0]}`, step, kernelGrid(values, units, shape));
    }
    if (this.#inputs === undefined || model.hiddenActivations === undefined) return;
    const activations = model.hiddenActivations(this.#inputs);
    try {
      for (const [path, tensor] of Object.entries(activations))
        this.#writer?.histogram(`activations/${path}`, step, await tensor.data());
    } finally {
      dispose({ ...activations });
    }
  }

  #imageShape(inputSize: number): readonly [number, number] | undefined {
    const { imageShape } = this.#options;
    if (imageShape !== undefined) return imageShape ?? undefined;
    const side = Math.sqrt(inputSize);
    return Number.isInteger(side) && side >= 8 ? [side, side] : undefined;
  }

  async #readInputs({ model }: Run): Promise<Tensor2D | undefined> {
    const { inputs } = this.#options;
    if (inputs == null) return undefined;
    if (!isSource(inputs)) {
      const matrix = inputs instanceof Tensor ? matrixOf : matrixOfArray;
      const { values, rows, width } = await matrix('inputs', inputs as Tensor, model.inputSize);
      return tensor2d(values, [rows, width]);
    }
    for await (const batch of inputs.batches({ batchSize: examplesShown })) {
      dispose(Object.values(batch).filter((each): each is Tensor => each !== batch.inputs));
      return batch.inputs;
    }
    return undefined;
  }

  async #flush(): Promise<void> {
    try {
      if (this.#isTraining) await this.#writer?.flush();
    } catch (error) {
      this.#report(error);
    }
    this.#written = Date.now();
  }

  #report(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const { onProblem } = this.#options;
    if (onProblem !== undefined) onProblem(error);
    else console.warn(`TensorBoard's events cannot be written, but training continues: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isSource = (inputs: ExampleSource<Examples> | Numbers): inputs is ExampleSource<Examples> =>
  typeof (inputs as Partial<ExampleSource<Examples>>).batches === 'function';

/** The number of steps at a position. */
const stepsOf = ({ epoch, step, stepsPerEpoch }: Position): number => (epoch - 1) * stepsPerEpoch + step;
