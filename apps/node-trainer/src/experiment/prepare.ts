import { foldIn, randomKey } from '@harmonic-mlp/core';
import { type HarmonicMLPConfig, resolveConfig } from 'harmonic-mlp';
import { modelOptions } from 'harmonic-mlp/settings';
import type { Workload } from '../backends';
import { type Dataset, loadData, type Part } from '../data';
import { TrainerError } from '../errors';
import type { SavedRun } from '../saved-run';
import { type Scoring, scoringOf } from '../scoring';
import type { TrainingValues } from '../training-values';

/** What a run needs besides a backend. */
export interface Experiment {
  readonly values: TrainingValues;
  readonly data: Dataset;
  readonly dataFingerprint: string;
  /** The configuration of the model. */
  readonly shape: HarmonicMLPConfig;
  readonly scoring: Scoring;
  readonly workload: Workload;
}

/**
 * Loads the data of a run, holds out its validation data, and resolves its model.
 *
 * @throws {TrainerError} `CHECKSUM_MISMATCH` when the data are not those of the resumed run.
 */
export async function prepareExperiment(
  values: TrainingValues,
  { offline, resumed }: { offline?: boolean; resumed?: SavedRun },
): Promise<Experiment> {
  const all = await loadData(values, { offline });
  const dataFingerprint = await all.fingerprint();
  if (resumed !== undefined && resumed.dataFingerprint !== dataFingerprint)
    throw otherData(all, resumed, values);
  const data =
    values.validation === undefined
      ? all
      : all.holdOut(values.validation, foldIn(randomKey(values.seed), 'validation split'));
  const shape = resumed?.checkpoint.config ?? resolveConfig({ ...modelOptions(values), ...data.shape });
  const workload = {
    model: shape,
    batchSize: Math.min(values.batchSize, data.train.size),
    background: backgroundOf(data.train),
  };
  return { values, data, dataFingerprint, shape, scoring: scoringOf(shape.task), workload };
}

/** The error for data that are not those of the resumed run. */
function otherData({ noun }: Dataset, { values: of, file }: SavedRun, values: TrainingValues): TrainerError {
  const isOther = values.dataset !== of.dataset;
  return new TrainerError('CHECKSUM_MISMATCH', {
    argument: isOther ? 'dataset' : 'dataDir',
    value: isOther ? values.dataset : values.dataDir,
    problem: `The training ${noun} are not those of this run${isOther ? `, which was started on ${of.dataset}` : ''}.`,
    fix: isOther ? 'Leave --dataset out.' : 'Pass the --data-dir that it was started with.',
    file,
  });
}

/** The fraction of input values that equal the most frequent one, estimated from a sample. */
function backgroundOf({ inputs }: Part): number {
  const stride = Math.max(1, Math.floor(inputs.length / 100_000));
  const counts = new Map<number, number>();
  let values = 0;
  for (let i = 0; i < inputs.length; i += stride, values++)
    counts.set(inputs[i], (counts.get(inputs[i]) ?? 0) + 1);
  return Math.max(...counts.values()) / values;
}
