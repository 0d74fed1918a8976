import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { makeSchedule } from '@harmonic-mlp/freq-optimizer';
import type { EventFile } from '@harmonic-mlp/tensorboard/node';
import { version_core } from '@tensorflow/tfjs-core';
import {
  type Callback,
  createOptimizer,
  type Evaluation,
  HarmonicMLP,
  type HarmonicMLPConfig,
  type StartEvent,
  type WarningEvent,
} from 'harmonic-mlp';
import {
  choiceTitle,
  formatSetting,
  modelOptions,
  modelValues,
  optimizerOptions,
  type Setting,
  type SettingValues,
  scheduleOption,
  taskOption,
} from 'harmonic-mlp/settings';
import {
  type Backend,
  counted,
  place,
  processor,
  release,
  rememberThreads,
  type ThreadStart,
  watched,
} from './backends';
import { close, type Dataset, defaultsFor, leavesProcessor, type Part, titleOf } from './data';
import { hasCode, type TrainerError } from './errors';
import { ExitCode } from './exit-code';
import type { Experiment } from './experiment';
import { output } from './output';
import { type RunFolder, readModelFile, runFiles } from './run-folder';
import { RunRecorder, resuming, shown } from './run-recorder';
import { applicable, runSettings } from './run-settings';
import { changesSchedule, decode, kept, type SavedRun } from './saved-run';
import { bestOf, type MeasuredOn } from './scoring';
import { tensorBoardOf } from './tensorboard';
import { summaryFor, type TrainingReport } from './training-report';
import type { TrainingValues } from './training-values';
import { version } from './version';

/** A run that is ready to train. */
export interface Job extends Experiment {
  /** The values that were given, on the command line or in a file. */
  given: SettingValues;
  threads: ThreadStart;
  resumed?: SavedRun;
  /** The folder of the resumed run, if it continues there. */
  folder?: RunFolder;
  /** Where to save otherwise; default: a new folder in `runs`. */
  out?: string;
  /** Where the events for TensorBoard go, if anywhere. */
  eventFile?: EventFile;
  report: TrainingReport;
  signal: AbortSignal;
  /** More to do at the events of the run, after its files have been written. */
  callbacks?: readonly Callback[];
  /** Whether it is a trial of a sweep, which keeps from the test examples and advises as a whole. */
  isTrial?: boolean;
  /** Whether to say what is of use only to somebody who looks for the cause of something. */
  isDebugging: boolean;
  /** When it began, by `performance.now()`. */
  started: number;
}

/**
 * Trains a model on a backend, with callbacks that write the run's files and report its progress.
 *
 * @returns the exit code.
 */
export async function trainModel(backend: Backend, job: Job): Promise<number> {
  const { values, given, threads, resumed, shape, data, eventFile, report } = job;
  const { callbacks = [], signal, started } = job;
  const { train, validation, test } = data;
  const model =
    resumed === undefined
      ? await watched(backend, data.makeModel(modelOptions(values)))
      : new HarmonicMLP(shape);
  const optimizer = createOptimizer(model, optimizerOptions(values));
  const recorder = recorderOf(job, backend, model);
  const placed: ReturnType<typeof place>[] = [];
  const onBackend = (part: Part) => {
    placed.push(place(backend, part));
    return placed.at(-1)!;
  };
  const distorted = data.augmented?.(values, !job.isTrial && leavesProcessor(threads.threads));
  try {
    const fitted = model.fit(distorted ?? onBackend(train), {
      epochs: values.epochs,
      batchSize: values.batchSize,
      seed: values.seed,
      threads: threads.threads,
      task: taskOption(values),
      optimizer,
      // A resumed run keeps its schedule and the length of that, unless another is given.
      schedule: resumed === undefined || changesSchedule(given) ? scheduleOption(values) : undefined,
      validation: onBackend(validation ?? test),
      signal,
      resume: resumed?.checkpoint,
      callbacks: [
        {
          name: 'rate',
          onStart() {
            // Even if the run was started with this rate: its schedule may have changed it since.
            if (given.learningRate !== undefined) optimizer.learningRate = values.learningRate;
          },
        },
        // Before the checkpoint, so that a run that is killed in between writes the same events again.
        ...(eventFile === undefined ? [] : [await boardOf(job, eventFile, recorder, backend, model)]),
        recorder,
        reporting(job, recorder, () => introduction(job, backend, model, optimizer.learningRate, recorder)),
        ...callbacks,
      ],
    });
    const result = await watched(backend, fitted);
    if (!result.aborted) {
      const { folder } = recorder;
      const summary = {
        test:
          validation === undefined || job.isTrial
            ? undefined
            : await watched(backend, evaluateBest(folder, test)),
        backend: backend.name,
        history: result.history,
        result,
        seconds: (performance.now() - started) / 1000,
        folder: shown(folder.path),
        endedNearZero: endsNearZero(values, train.size),
      };
      await recorder.finish(summaryFor(job.scoring, measuredOn(data), summary));
      report.summary(summary);
    }
    return signal.aborted ? ExitCode.interrupted : ExitCode.success;
  } catch (error) {
    report.end();
    const known = job.isTrial ? error : withRemedy(error, recorder.saved, optimizer.learningRate);
    await recorder.fail(known);
    throw known;
  } finally {
    optimizer.dispose();
    model.dispose();
    for (const part of placed) release(part);
    await close(distorted);
    recorder.close();
  }
}

function recorderOf(job: Job, backend: Backend, model: HarmonicMLP): RunRecorder {
  const { values, resumed, folder, out, data, dataFingerprint, scoring, report } = job;
  return new RunRecorder({
    folder,
    out,
    resumed,
    scoring,
    metadata: { run: JSON.stringify({ ...kept(values), ...data.notes(), dataFingerprint }) },
    checkpoints: { steps: values.checkpointSteps, seconds: values.checkpointSeconds, keep: values.keep },
    config: configOf(job, backend, model),
    warn: (text) => report.warn(text),
  });
}

/** What `config.json` has, given what the run computes with. */
function configOf({ values, data }: Job, backend: Backend, model: HarmonicMLP) {
  const { train, validation, test } = data;
  return ({ optimizer, floatPrecision }: StartEvent) => ({
    settings: applicable({ ...modelValues(model.config), ...kept(values) }),
    model: model.config,
    optimizer,
    floatPrecision,
    data: {
      dataset: values.dataset,
      directory: values.dataDir,
      verified: data.noun === 'images' ? values.verify : undefined,
      transposed: values.transpose || undefined,
      training: train.size,
      validation: validation?.size,
      test: test.size,
    },
    backend: backend.name,
    computes: backend.description,
    simd: backend.simd,
    device: backend.device,
    versions: {
      trainer: version,
      tfjs: version_core,
      [backend.name]: backend.version,
      node: process.version,
    },
    platform: `${process.platform} ${process.arch}`,
    machine: { processor: processor(), cores: availableParallelism(), memoryBytes: totalmem() },
  });
}

function boardOf(
  job: Job,
  file: EventFile,
  recorder: RunRecorder,
  backend: Backend,
  model: HarmonicMLP,
): Promise<Callback> {
  const config = configOf(job, backend, model);
  return tensorBoardOf(file, {
    data: job.data,
    measuredOn: measuredOn(job.data),
    isResumed: job.resumed !== undefined,
    // The settings include those of the model.
    configuration: (used) => ({ ...config(used), model: undefined }),
    warn: (text) => void recorder.warn(text),
  });
}

/** The examples on which a run evaluates its model after each epoch. */
const measuredOn = ({ validation }: Dataset): MeasuredOn =>
  validation === undefined ? 'test' : 'validation';

/** Whether the learning rate of a run on so many examples falls so low that more epochs would change next to nothing. */
export function endsNearZero(values: Pick<TrainingValues, 'epochs' | 'batchSize'>, size: number): boolean {
  const option = scheduleOption(values);
  if (option === 'plateau') return false;
  const schedule = typeof option === 'string' ? makeSchedule(option) : option;
  // Warm-up may be a number of steps, so the length matters.
  const steps = values.epochs * Math.ceil(size / values.batchSize);
  return schedule.factor(steps, steps) < 1e-3;
}

/** Passes events on to a report. */
const reporting = (
  { report, scoring, values, workload, isDebugging }: Job,
  recorder: RunRecorder,
  introduction: () => string,
): Callback => ({
  name: 'report',
  onStart: (_, { history }) => report.start(introduction(), [...history]),
  onWarning: (event) => recorder.warn(warningOf(event)),
  async onCapture(event) {
    const { captured, reason, threadReason } = event;
    if (isDebugging && !captured) report.warn(`The steps are not executed as a program: ${reason}.`);
    if ((isDebugging || typeof values.threads === 'number') && threadReason !== undefined)
      report.warn(`A step has one thread: ${threadReason}.`);
    const found = await rememberThreads(event, workload);
    if (found !== undefined) report.threads(event.threads, found);
  },
  onStep: (event) => report.step(event),
  onMetrics: (event) => report.metrics(event),
  async onEpoch({ checkpoint: _, ...record }, { history }) {
    report.epoch(record, bestOf(scoring, history));
    if (record.learningRate === 0 && history.at(-2)?.learningRate !== 0) {
      await recorder.warn(
        'The schedule has ended at a learning rate of 0, so the weights no longer change. Resume with another --schedule.',
      );
    }
  },
});

/** What the library says, with an option to give in place of its API. */
function warningOf({ kind, waves, layer, message }: WarningEvent): string {
  if (kind === 'constant-inputs') return message;
  const [are, see, use] = kind === 'long-periods' ? ['long', 'less', 'shorter'] : ['short', 'more', 'longer'];
  return `The periods of ${layer} are too ${are} for its inputs: half of its units see ${see} than ${Number(waves.toPrecision(2))} waves in the first batch. Use ${use} --periods.`;
}

function introduction(
  { values, given, threads: { threads, why }, resumed, shape, data, eventFile }: Job,
  backend: Backend,
  model: HarmonicMLP,
  rate: number,
  { folder, moved }: RunRecorder,
): string {
  const { train: training, validation, test, noun } = data;
  const defaults = resumed === undefined ? ownDefaults(values, given, model.config) : '';
  return [
    `${capitalized(choiceTitle('activation', shape.activation))} MLP on ${titleOf(values)}: ${counts({ training, validation, test })} ${noun}`,
    `${backend.description}${computing(backend, threads)}, batches of ${values.batchSize}, ${choiceTitle('optimizer', String(values.optimizer))} at ${Number(rate.toPrecision(3))}, seed ${values.seed}`,
    ...(why === undefined || threads === 'auto' ? [] : [`Threads ${threads}: ${why}`]),
    ...(defaults === '' ? [] : [`Defaults for ${values.dataset}: ${defaults}`]),
    ...(eventFile === undefined ? [] : [`Events for TensorBoard in ${shown(eventFile.folder)}`]),
    ...(moved === undefined ? [] : [`The earlier run in ${folder.path} has been moved to ${moved}.`]),
    '',
    model.summary({ width: output.width }),
  ].join('\n');
}

/** The number of threads, where it is known and more than one. */
const computing = ({ name }: Backend, threads: number | 'auto') =>
  name === 'wasm' && threads !== 'auto' && threads > 1 ? ` on ${counted(threads)}` : '';

const capitalized = (name: string) => name[0].toUpperCase() + name.slice(1);

/** The defaults of a data set besides those of the data, and the periods that were measured, as a command line would give them. */
function ownDefaults(values: TrainingValues, given: SettingValues, { periods }: HarmonicMLPConfig): string {
  const own = defaultsFor(values.dataset, given);
  const measured = values.periods === undefined ? periods?.join('/') : undefined;
  const options = ({ name, flag, type, group }: Setting) => {
    if (own[name] === undefined || !isDeepStrictEqual(own[name], values[name]) || group === 'data') return [];
    return type.kind === 'flag' ? `--${flag}` : `--${flag} ${formatSetting(own[name])}`;
  };
  const defaults = runSettings.flatMap(options).join(' ');
  return measured === undefined ? defaults : `${defaults}; its periods: --periods ${measured}`;
}

/** For example "50,000 training, 10,000 validation, and 10,000 test". */
function counts(parts: Record<string, Part | undefined>): string {
  const all = Object.entries(parts).flatMap(([name, part]) =>
    part === undefined ? [] : [`${part.size.toLocaleString('en')} ${name}`],
  );
  return new Intl.ListFormat('en').format(all);
}

/** The results on the test set of the model that was best on the validation set. */
async function evaluateBest(folder: RunFolder, test: Part): Promise<Evaluation<number | undefined>> {
  const { file, bytes } = await readModelFile(join(folder.path, runFiles.best));
  const best = HarmonicMLP.fromBytes(decode(file, bytes));
  try {
    return await best.evaluate(test);
  } finally {
    best.dispose();
  }
}

/** The error that ended a run, with the command that resumes it. */
function withRemedy(error: unknown, saved: string | undefined, rate: number): unknown {
  const nothing = 'Nothing was saved, since no epoch had finished';
  if (hasCode(error, 'DIVERGED')) {
    const lower = String(Number((rate / 10).toPrecision(3)));
    return withAdvice(
      error,
      saved === undefined
        ? `${nothing}: start again with --lr ${lower}.`
        : `Resume from what was saved with: ${resuming(saved, '--lr', lower)}`,
    );
  }
  if (hasCode(error, 'DEVICE_FAILED')) {
    return withAdvice(
      error,
      saved === undefined
        ? `${nothing}.`
        : `What was saved before is intact; resume with: ${resuming(saved)} (on another backend with --backend auto)`,
    );
  }
  if (hasCode(error, 'UNWRITABLE') && saved !== undefined)
    return withAdvice(error, `Resume from it with: ${resuming(saved)}`);
  return error;
}

const withAdvice = (error: TrainerError, advice: string) =>
  error.with({ fix: error.fix === undefined ? advice : `${error.fix} ${advice}` });
