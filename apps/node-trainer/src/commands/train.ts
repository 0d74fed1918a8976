import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import { ReduceLROnPlateau } from '@harmonic-mlp/freq-optimizer';
import type { LabelledDataset } from '@harmonic-mlp/mnist-data';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { measureDrawingStyle } from '@harmonic-mlp/mnist-data/drawing';
import { version_core } from '@tensorflow/tfjs-core';
import { type Command, Option } from 'commander';
import {
  activations,
  createOptimizer,
  type EpochRecord,
  HarmonicMLP,
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
  inspectModelFile,
  resolveConfig,
} from 'harmonic-mlp';
import { type Backend, BackendMissing, backendNames, DeviceFailure, watched } from '../backends';
import { startChosenBackend } from '../backends/choose';
import { place, release } from '../backends/place';
import { commandLine } from '../command-line';
import { datasetNames, fingerprint, holdOut, loadData, ownFiles, type TrainedOn, titleOf } from '../data';
import { ExitCode, UsageError } from '../exit-code';
import { abortOnInterrupt } from '../interruption';
import { addCommonOptions, type CommonOptions, integer, list, number, path } from '../options';
import { errors, goOnWithoutOutput, output } from '../output';
import { RunFolder, readModelFile, runFiles } from '../run-folder';
import { JsonReport, TerminalReport, type TrainingReport } from '../training-report';
import { version } from '../version';
import { naming } from './model-option';

interface TrainOptions extends CommonOptions<'auto'> {
  epochs: number;
  batchSize: number;
  lr: number;
  schedule: (typeof schedules)[number];
  hidden: number[];
  activation: (typeof activations)[number];
  baseFreq: number[];
  maxFreq?: number[];
  residual: number;
  freqScaleFactor: number;
  freqScale: 'gradient' | 'update';
  dropout: number;
  weightDecay: number;
  seed: number;
  dataset: string;
  validation?: number;
  out?: string;
  resume?: string;
}

/** What becomes of the learning rate. */
const schedules = ['plateau', 'constant'] as const;

/** The model's options, which its file keeps. */
const modelOptions = ['hidden', 'activation', 'baseFreq', 'maxFreq', 'residual', 'dropout'] as const;

/** The other settings of a run, which its checkpoints keep. */
const runOptions = [
  'batchSize',
  'lr',
  'schedule',
  'freqScaleFactor',
  'freqScale',
  'weightDecay',
  'seed',
  'validation',
] as const;

/** Of these, what may change when a run goes on. */
const changeable: readonly string[] = ['lr', 'schedule', 'freqScaleFactor', 'freqScale', 'weightDecay'];

/** What a run goes on with unless it is told otherwise. */
const defaultsOfRun = ['epochs', 'dataset', 'dataDir', 'verify', 'transpose', 'backend', 'kernels'] as const;

type RunSettings = Pick<TrainOptions, (typeof runOptions)[number] | (typeof defaultsOfRun)[number]>;

/** What a checkpoint keeps of its run. */
interface SavedSettings extends RunSettings {
  dataFingerprint: string;
  /** In which order the browser demo took the images in the first epoch. */
  firstEpoch?: 'arrival' | 'shuffled';
}

export function addTrainCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('train')
    .description('Train a model; the defaults are those of the published experiment on MNIST.')
    .option('--epochs <n>', 'passes over the training set', integer('--epochs', { min: 1 }), 15)
    .option('--batch-size <n>', 'examples in a step', integer('--batch-size', { min: 2 }), 128)
    .option('--lr <rate>', 'learning rate of Adam', number('--lr', { above: 0 }), 1e-3)
    .addOption(
      new Option('--schedule <name>', 'plateau: a tenth of the rate when the training loss stalls')
        .choices(schedules)
        .default('plateau'),
    )
    .addOption(
      new Option('--hidden <sizes>', 'units of each hidden layer')
        .argParser(list(integer('--hidden', { min: 1 })))
        .default([512, 256], '512,256'),
    )
    .addOption(
      new Option('--activation <name>', 'activation of the hidden layers')
        .choices(activations)
        .default('harmonic'),
    )
    .addOption(
      new Option('--base-freq <p>', 'period of the first unit, for all layers or for each')
        .argParser(list(number('--base-freq', { above: 0 })))
        .default([1], '1'),
    )
    .addOption(
      new Option(
        '--max-freq <p>',
        'largest period, for all layers or for each (default: 5, then 3)',
      ).argParser(list(number('--max-freq', { above: 0 }))),
    )
    .option('--residual <r>', 'strength of the residual connection', number('--residual'), 0.1)
    .option(
      '--freq-scale-factor <f>',
      'units of period p learn by 1/(1 + f·p)',
      number('--freq-scale-factor', { min: 0 }),
      0.1,
    )
    .addOption(
      new Option(
        '--freq-scale <what>',
        'what that factor scales: gradient is as published, update also acts with Adam',
      )
        .choices(['gradient', 'update'])
        .default('gradient'),
    )
    .option(
      '--dropout <rate>',
      'probability of dropping a hidden unit',
      number('--dropout', { min: 0, below: 1 }),
      0.2,
    )
    .option('--weight-decay <λ>', 'coupled (L2) weight decay', number('--weight-decay', { min: 0 }), 1e-5)
    .option('--seed <n>', 'seed of weights, shuffles and dropout', integer('--seed', { min: 0 }), 0)
    .option(
      '--validation <n>',
      'choose the best model on this many training images, or this fraction of them, held out (default: on the test images, as published)',
      number('--validation', { above: 0 }),
    )
    .option('--out <dir>', 'where to save last and best (default: a new folder in runs)', path)
    .option('--resume <run>', 'go on with the run of a folder, or of its last.safetensors', path);
  addCommonOptions(command, mnist.name, true).action(async (options: TrainOptions) => {
    const given = (name: string) => command.getOptionValueSource(name) === 'cli';
    setExitCode(await train(options, given));
  });
}

async function train(options: TrainOptions, given: (name: string) => boolean): Promise<number> {
  const started = performance.now();
  // The training is worth more than what is told of it.
  goOnWithoutOutput();
  const place = options.resume === undefined ? undefined : requireResumable(options.resume, given);
  // Before anything is read that another run might still write.
  const folder = place === undefined ? undefined : await takeFolderOf(place, options.out);
  try {
    const resumed = place === undefined ? undefined : await readRun(place, given);
    return await trainIn(folder, resumed, options, given, started);
  } finally {
    folder?.close();
  }
}

async function trainIn(
  folder: RunFolder | undefined,
  resumed: SavedRun | undefined,
  options: TrainOptions,
  given: (name: string) => boolean,
  started: number,
): Promise<number> {
  // Absolute, so that the run finds its data again from any folder.
  const dataDir = options.dataDir && resolve(options.dataDir);
  const dataset = options.dataset ?? mnist.name;
  const settings: TrainOptions = { ...options, dataset, dataDir, ...resumed?.settings };
  const { epochs, batchSize, seed, json } = settings;
  if (resumed !== undefined && epochs <= resumed.history.length) {
    throw new UsageError(
      `The run has ${resumed.history.length} epochs already; give --epochs ${resumed.history.length + 1} or more.`,
    );
  }

  const data = await loadData(settings, options);
  const dataFingerprint = await fingerprint(data.train);
  if (resumed !== undefined && resumed.dataFingerprint !== dataFingerprint) {
    throw new Error(
      `The training images are not those of the run in ${resumed.file}. Give the --data-dir that it was started with.`,
    );
  }
  const { train, validation } = holdOut(data.train, settings.validation, seed);
  const shape = resumed?.config ?? resolveConfig(modelOf(settings, data.train));
  const measuredOn = validation === undefined ? 'test' : 'validation';
  const report = json ? new JsonReport(measuredOn) : new TerminalReport(epochs, measuredOn);
  let isTraining = false;
  const interruption = abortOnInterrupt(() => {
    if (isTraining) report.interrupt();
  });
  let backend: Backend | undefined;
  try {
    const workload = {
      model: shape,
      batchSize: Math.min(batchSize, train.size),
      background: backgroundOf(train),
    };
    const chosen = await startChosenBackend(settings, workload, {
      onTrial: () => report.choosing(),
      signal: interruption.signal,
    }).catch((error) => {
      if (!(error instanceof BackendMissing) || resumed === undefined || given('backend')) throw error;
      throw new Error(`${error.message} Or go on elsewhere with --backend auto.`, { cause: error });
    });
    backend = chosen.backend;
    settings.backend = backend.name;
    if (chosen.why !== undefined) report.chosen(backend, chosen.why);
    isTraining = true;
    const { signal } = interruption;
    const parts = { train, validation, test: data.test };
    return await trainOn(backend, {
      settings,
      resumed,
      rate: given('lr') ? settings.lr : undefined,
      folder,
      shape,
      parts,
      dataFingerprint,
      report,
      signal,
      started,
    });
  } finally {
    interruption.release();
    await backend?.close();
  }
}

/** A run of which everything is known. */
interface Job {
  settings: TrainOptions;
  resumed?: SavedRun;
  /** The learning rate that a resumed run is told to go on with, rather than with its own. */
  rate?: number;
  /** The folder of the run that goes on, if it does so there. */
  folder?: RunFolder;
  shape: HarmonicMLPConfig;
  parts: { train: LabelledDataset; validation?: LabelledDataset; test: LabelledDataset };
  dataFingerprint: string;
  report: TrainingReport;
  signal: AbortSignal;
  /** When it began, of `performance.now()`. */
  started: number;
}

async function trainOn(
  backend: Backend,
  { settings, resumed, rate, folder: own, shape, parts, dataFingerprint, report, signal, started }: Job,
): Promise<number> {
  const { epochs, batchSize, seed } = settings;
  const { train, validation, test } = parts;
  const kept = (names: readonly (keyof TrainOptions)[]) =>
    Object.fromEntries(names.map((name) => [name, settings[name]]));
  const { normalization, classNames } = train;
  const trainedOn: TrainedOn = {
    normalization,
    classNames: classNames && [...classNames],
    drawingStyle: settings.dataset === ownFiles ? (measureDrawingStyle(train) ?? null) : undefined,
  };
  const run = JSON.stringify({
    ...kept(runOptions),
    ...kept(defaultsOfRun),
    ...trainedOn,
    dataFingerprint,
  });

  const history = [...(resumed?.history ?? [])];
  let folder = own;
  /** Where the run can be resumed from. */
  let saved = resumed?.file;
  const save = async (name: 'last' | 'best', bytes: Uint8Array) => shown(await folder!.write(name, bytes));

  let metricsAreMissing = false;
  const writeMetrics = async () => {
    const lines = history.map((line) => `${JSON.stringify(line)}\n`).join('');
    const problem = await folder!.note('metrics', lines);
    if (problem !== undefined && !metricsAreMissing) {
      report.warn(`${problem} The training goes on; it is tried again after the next epoch.`);
    }
    metricsAreMissing = problem !== undefined;
  };

  const model = new HarmonicMLP(shape);
  const optimizer = createOptimizer(model, {
    learningRate: settings.lr,
    weightDecay: settings.weightDecay,
    freqScaleFactor: settings.freqScaleFactor,
    scale: settings.freqScale,
  });
  const placed: ReturnType<typeof place>[] = [];
  const onBackend = (data: LabelledDataset) => {
    placed.push(place(backend, data));
    return placed.at(-1)!;
  };
  try {
    const fitted = model.fit(onBackend(train), {
      epochs,
      batchSize,
      seed,
      optimizer,
      // Given even where a run goes on, since it may be told otherwise.
      schedule: settings.schedule === 'constant' ? null : new ReduceLROnPlateau(optimizer, { patience: 2 }),
      validation: onBackend(validation ?? test),
      signal,
      resume: resumed?.bytes,
      // Nothing is written, and no earlier run moved, before everything has been checked.
      onStart: async ({ optimizer: used, floatPrecision }) => {
        if (rate !== undefined) optimizer.learningRate = rate;
        folder ??= await RunFolder.open(settings.out);
        const moved = own === undefined ? await folder.clear(resumed?.folder) : undefined;
        const config = {
          model: model.config,
          training: { ...kept(runOptions), epochs },
          optimizer: used,
          floatPrecision,
          data: {
            dataset: settings.dataset,
            directory: settings.dataDir,
            verified: settings.verify,
            transposed: settings.transpose,
            training: train.size,
            validation: validation?.size,
            test: test.size,
          },
          backend: backend.name,
          computes: backend.description,
          device: backend.device,
          versions: {
            trainer: version,
            tfjs: version_core,
            [backend.name]: backend.version,
            node: process.version,
          },
          platform: `${process.platform} ${process.arch}`,
        };
        const problem = await folder.note('config', `${JSON.stringify(config, null, 2)}\n`);
        if (problem !== undefined) report.warn(`${problem} The training goes on without it.`);
        const introduction = [
          `${networkNames[shape.activation]} on ${titleOf(settings)}: ${imageCounts({ training: train, validation, test })} images`,
          `${backend.description}, batches of ${batchSize}, Adam at ${Number(optimizer.learningRate.toPrecision(3))}, seed ${seed}`,
          ...(moved === undefined ? [] : [`The earlier run in ${folder.path} is now in ${moved}.`]),
          '',
          model.summary({ width: output.width }),
        ];
        report.start(introduction.join('\n'), history);
      },
      onStep: (event) => report.step(event),
      onMetrics: (event) => report.metrics(event),
      onEpoch: async ({ checkpoint, ...record }) => {
        const isBest = !folder!.has('best') || accuracyOf(record) > bestOf(history);
        history.push(record);
        const bytes = await checkpoint({ run });
        // The best first: a run that is killed in between does this epoch again, and writes the same best.
        if (isBest) await save('best', bytes);
        saved = await save('last', bytes);
        await writeMetrics();
        report.epoch(record, bestOf(history));
      },
      onAbort: async ({ checkpoint, epoch, step, stepsPerEpoch }) => {
        saved = await save('last', await checkpoint({ run }));
        errors.say(
          `Interrupted at step ${step} of ${stepsPerEpoch} of epoch ${epoch}. Saved; go on with: ${resuming(saved)}`,
          2,
        );
      },
    });
    const result = await watched(backend, fitted);
    if (!result.aborted) {
      const testAccuracy = validation && (await watched(backend, accuracyOfBest(folder!, test)));
      report.summary({
        testAccuracy,
        backend: backend.name,
        history: result.history,
        result,
        seconds: (performance.now() - started) / 1000,
        folder: shown(folder!.path),
      });
    }
    return signal.aborted ? ExitCode.interrupted : ExitCode.success;
  } catch (error) {
    report.end();
    if (HarmonicError.is(error) && error.code === 'DIVERGED') {
      const rate = String(Number((optimizer.learningRate / 10).toPrecision(3)));
      const remedy =
        saved === undefined
          ? `No epoch had ended, so that nothing was saved: start again with --lr ${rate}.`
          : `Go on from what was saved with: ${resuming(saved, '--lr', rate)}`;
      throw new Error(`${error.message} ${remedy}`, { cause: error });
    }
    if (!(error instanceof DeviceFailure)) throw error;
    throw new Error(
      `${error.message} ${saved === undefined ? 'No epoch had ended, so that nothing was saved.' : `What was saved before is whole; go on with: ${resuming(saved)} (elsewhere with --backend auto)`}`,
      { cause: error },
    );
  } finally {
    optimizer.dispose();
    model.dispose();
    for (const data of placed) release(data);
    folder?.close();
  }
}

/** What a model is called by its activation. */
const networkNames: Record<HarmonicMLPConfig['activation'], string> = {
  harmonic: 'Harmonic MLP',
  relu: 'ReLU network',
  linear: 'Linear network',
};

/** The fraction of input values that equal the most frequent one, by a sample. */
function backgroundOf({ inputs }: LabelledDataset): number {
  const stride = Math.max(1, Math.floor(inputs.length / 100_000));
  const counts = new Map<number, number>();
  let values = 0;
  for (let i = 0; i < inputs.length; i += stride, values++)
    counts.set(inputs[i], (counts.get(inputs[i]) ?? 0) + 1);
  return Math.max(...counts.values()) / values;
}

const resuming = (file: string, ...more: string[]) => commandLine('train', '--resume', file, ...more);

/** As "50,000 training, 10,000 validation and 10,000 test". */
function imageCounts(parts: Record<string, LabelledDataset | undefined>): string {
  const counts = Object.entries(parts).flatMap(([name, part]) =>
    part === undefined ? [] : [`${part.size.toLocaleString('en')} ${name}`],
  );
  return `${counts.slice(0, -1).join(', ')} and ${counts.at(-1)}`;
}

/** The accuracy on the test set of the model that was the best on the examples held out. */
async function accuracyOfBest(folder: RunFolder, test: LabelledDataset): Promise<number> {
  const { bytes } = await readModelFile(join(folder.path, runFiles.best));
  const best = HarmonicMLP.fromBytes(bytes);
  try {
    return (await best.evaluate(test)).accuracy;
  } finally {
    best.dispose();
  }
}

/** A path as a user of this folder would write it. */
function shown(file: string): string {
  const path = relative('', file);
  if (path === '' || path.startsWith('..')) return file;
  // Otherwise it would be the home folder.
  return path.startsWith('~') ? `.${sep}${path}` : path;
}

const accuracyOf = ({ validation }: EpochRecord) => validation?.accuracy ?? -Infinity;

const bestOf = (history: EpochRecord[]) => Math.max(...history.map(accuracyOf));

function modelOf(settings: TrainOptions, { inputSize, classes }: LabelledDataset): HarmonicMLPOptions {
  // An option of one value is for all layers.
  const onlyOrEach = (values: number[]) => (values.length === 1 ? values[0] : values);
  const { hidden, activation, baseFreq, maxFreq, residual, dropout, seed } = settings;
  return {
    inputSize,
    classes,
    hidden,
    activation,
    baseFreq: onlyOrEach(baseFreq),
    maxFreq: maxFreq && onlyOrEach(maxFreq),
    residual,
    dropout,
    seed,
  };
}

interface SavedRun {
  file: string;
  folder: string;
  bytes: Uint8Array;
  config: HarmonicMLPConfig;
  settings: Partial<RunSettings>;
  dataFingerprint: string;
  history: EpochRecord[];
}

const flagOf = (option: string) => `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * The file with the run that `--resume` names.
 *
 * @throws {UsageError} for an option that a run cannot change.
 */
function requireResumable(place: string, given: (name: string) => boolean): string {
  const fixed = [...modelOptions, ...runOptions].filter((option) => !changeable.includes(option));
  const repeated = fixed.find(given);
  if (repeated !== undefined) {
    throw new UsageError(
      `${flagOf(repeated)} cannot be given with --resume: the run keeps what it was started with. What may change: ${['epochs', ...changeable, 'backend'].map(flagOf).join(', ')}.`,
    );
  }
  const last = join(place, runFiles.last);
  return existsSync(last) ? last : place;
}

/** Takes the folder of a run that goes on where it is, if it is there. */
async function takeFolderOf(file: string, out?: string): Promise<RunFolder | undefined> {
  const folder = dirname(file);
  const isHere = out === undefined || resolve(out) === resolve(folder);
  return isHere && existsSync(file) ? await RunFolder.open(folder) : undefined;
}

/** The run that a checkpoint belongs to, and what it keeps of its settings. */
async function readRun(place: string, given: (name: string) => boolean): Promise<SavedRun> {
  const { file, bytes } = await readModelFile(place);
  const { config, metadata, history, isCheckpoint, position } = naming(file, () => inspectModelFile(bytes));
  if (metadata.run === undefined || !isCheckpoint) {
    throw new Error(`${file} holds a model, but no run to resume. Give the last.safetensors of a run.`);
  }
  const { dataFingerprint, firstEpoch, ...run } = naming(file, () => parseRun(metadata.run));
  const { epoch, step, stepsPerEpoch } = position!;
  if (firstEpoch === 'arrival' && epoch === 1 && step > 0 && step < stepsPerEpoch) {
    throw new Error(
      `${file} was saved in the midst of a first epoch that took the images as they arrived in a browser, an order that is known only there. Load it in the browser, and save it again after that epoch.`,
    );
  }
  const saved = Object.fromEntries([...runOptions, ...defaultsOfRun].map((name) => [name, run[name]]));
  const overridden: string[] = [...defaultsOfRun, ...changeable].filter(given);
  // Another data set is not in the folder of the run's.
  if (given('dataset')) overridden.push('dataDir', 'verify', 'transpose');
  const settings = Object.fromEntries(
    Object.entries(saved).filter(([name, value]) => value !== undefined && !overridden.includes(name)),
  ) as Partial<RunSettings>;
  return { file, folder: dirname(file), bytes, config, settings, dataFingerprint, history };
}

function parseRun(text: string): SavedSettings {
  const damaged = (cause?: unknown) => new Error('the settings of its run are damaged.', { cause });
  let run: Partial<Record<string, unknown>> | null;
  try {
    run = JSON.parse(text);
  } catch (cause) {
    throw damaged(cause);
  }
  const numbers = ['batchSize', 'lr', 'freqScaleFactor', 'weightDecay', 'seed'];
  const isWhole =
    numbers.every((name) => Number.isFinite(run?.[name])) &&
    ['gradient', 'update'].includes(run?.freqScale as string) &&
    backendNames.includes(run?.backend as never) &&
    typeof run?.verify === 'boolean' &&
    ['boolean', 'undefined'].includes(typeof run?.kernels) &&
    ['number', 'undefined'].includes(typeof run?.epochs) &&
    typeof run?.dataFingerprint === 'string' &&
    [...schedules, undefined].includes(run?.schedule as never) &&
    ['string', 'undefined'].includes(typeof run?.dataDir) &&
    ['boolean', 'undefined'].includes(typeof run?.transpose) &&
    ['number', 'undefined'].includes(typeof run?.validation) &&
    datasetNames.includes(run?.dataset as never);
  if (!isWhole) throw damaged();
  // Before there were kernels, none were used; before there was a choice, rates were reduced.
  return { kernels: false, schedule: 'plateau', ...run } as unknown as SavedSettings;
}
