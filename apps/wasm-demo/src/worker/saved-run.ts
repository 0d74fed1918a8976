import { HarmonicError } from '@harmonic-mlp/core';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import type { ModelFileInfo } from 'harmonic-mlp';
import { fingerprint } from '../parts';
import type { Settings } from '../settings';

/** What the command line keeps in the metadata of a model's file, so that it finds the data and the settings of the run again. */
export function runMetadata(settings: Settings): Record<string, string> {
  const { normalization, classNames, name: dataset } = mnist;
  return {
    run: JSON.stringify({
      batchSize: settings['batch-size'],
      lr: settings.lr,
      schedule: settings.schedule,
      freqScaleFactor: settings['freq-scale-factor'],
      freqScale: settings['freq-scale'],
      weightDecay: settings['weight-decay'],
      seed: settings.seed,
      epochs: settings.epochs,
      firstEpoch: settings['first-epoch'],
      dataset,
      verify: true,
      backend: 'wasm',
      kernels: true,
      normalization,
      classNames,
      dataFingerprint: fingerprint,
    }),
  };
}

/**
 * The settings in a file, and whether its run can go on here.
 *
 * @throws {HarmonicError} `INVALID_DATA` when its network is for other images than MNIST's.
 */
export function readSavedRun({ config, metadata, isCheckpoint, history }: ModelFileInfo): {
  settings: Partial<Settings>;
  resumable: boolean;
  dataset?: string;
} {
  const pixels = mnist.imageShape[0] * mnist.imageShape[1];
  if (config.inputSize !== pixels || config.classes !== mnist.classes) {
    throw new HarmonicError(
      'INVALID_DATA',
      `This network takes ${config.inputSize} values and tells ${config.classes} classes apart; here it must be the ${pixels} pixels of an MNIST digit and ${mnist.classes}.`,
    );
  }
  const run = parseRun(metadata.run);
  const { hidden, activation, baseFreq, maxFreq, residual, dropout, seed } = config;
  const settings: Partial<Settings> = {
    hidden,
    activation,
    'base-freq': baseFreq,
    'max-freq': maxFreq,
    residual,
    dropout,
    seed,
  };
  const dataset = typeof run.dataset === 'string' ? run.dataset : undefined;
  const ofMnist = run.dataFingerprint === fingerprint && run.validation === undefined;
  // One seed stands for both in the settings.
  if (!isCheckpoint || !ofMnist || run.seed !== seed) return { settings, resumable: false, dataset };
  Object.assign(settings, {
    'batch-size': run.batchSize,
    lr: run.lr,
    schedule: run.schedule ?? 'plateau',
    'weight-decay': run.weightDecay,
    'freq-scale': run.freqScale,
    'freq-scale-factor': run.freqScaleFactor,
    epochs: Math.max(Number(run.epochs ?? 15), history.length),
    'first-epoch': run.firstEpoch ?? 'shuffled',
  });
  return { settings, resumable: true, dataset };
}

function parseRun(text: string | undefined): Record<string, unknown> {
  try {
    return Object(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}
