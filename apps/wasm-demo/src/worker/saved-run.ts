import { HarmonicError } from '@harmonic-mlp/core';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import type { ModelFileInfo } from 'harmonic-mlp';
import {
  defaultValues,
  modelValues,
  requireSettings,
  type SettingValues,
  settings as table,
  upgradeSettings,
} from 'harmonic-mlp/settings';
import { fingerprint } from '../parts';
import { firstEpoch, type Settings } from '../settings';

/** What a run saves about itself: everything except the settings of the model, which are in its configuration. */
const keptSettings = [...table.filter(({ group }) => group !== 'model'), firstEpoch];

const kept = (values: SettingValues): SettingValues =>
  Object.fromEntries(
    keptSettings.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );

/**
 * What the command line saves in the metadata of a model file, so that it can find the data and settings of the run again.
 */
export function runMetadata(settings: Settings): Record<string, string> {
  const { normalization, classNames, name: dataset } = mnist;
  return {
    run: JSON.stringify({
      ...kept(settings),
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
 * The settings in a file, and whether its run can continue here, in which case they are complete.
 *
 * @throws {HarmonicError} `INVALID_DATA` if its network is for images other than MNIST's.
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
      `This network takes ${config.inputSize} values and distinguishes ${config.classes} classes; here it must take the ${pixels} pixels of an MNIST digit and distinguish ${mnist.classes}.`,
    );
  }
  const settings = modelValues(config) as Partial<Settings>;
  const run = parseRun(metadata.run);
  const dataset = typeof run.dataset === 'string' ? run.dataset : undefined;
  const ofMnist = run.dataFingerprint === fingerprint && run.validation === undefined;
  const values = isCheckpoint && ofMnist ? valuesOf(run) : undefined;
  // One seed represents both in the settings.
  if (values === undefined || values.seed !== config.seed) return { settings, resumable: false, dataset };
  const epochs = Math.max(values.epochs, history.length);
  return { settings: { ...values, ...settings, epochs }, resumable: true, dataset };
}

function parseRun(text: string | undefined): SettingValues {
  try {
    return upgradeSettings(Object(JSON.parse(text ?? '{}')));
  } catch {
    return {};
  }
}

/** All settings of a run except those of the model; undefined if some are unknown here. */
function valuesOf(run: SettingValues): Settings | undefined {
  try {
    const own = requireSettings(kept(run), { table: keptSettings });
    return { ...defaultValues(keptSettings), firstEpoch: 'shuffled', compare: false, ...own } as Settings;
  } catch {
    return undefined;
  }
}
