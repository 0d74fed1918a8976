import { HarmonicError } from '@harmonic-mlp/core';
import { HarmonicMLP, type ModelFileInfo } from 'harmonic-mlp';
import type { TrainedOn } from '../data';
import { inFile } from '../in-file';
import { newestModel, readModelFile } from '../run-folder';
import { decode } from '../saved-run';

export const modelOption = [
  '--model <file>',
  'a saved model, or the folder of a run (default: the best of the newest run)',
] as const;

/** The model that `--model` names, or the newest one, and what its file says about it. */
export async function loadModel(
  place: string | undefined,
): Promise<{ model: HarmonicMLP; file: string; trainedOn: TrainedOn } & ModelFileInfo> {
  const found = place ?? (await newestModel());
  if (found === undefined) {
    throw new Error('There is no trained model in runs yet. Train one first, or give --model FILE.');
  }
  const { file, bytes } = await readModelFile(found);
  const checkpoint = decode(file, bytes);
  const model = inFile(file, () => HarmonicMLP.fromBytes(checkpoint));
  return { ...checkpoint, model, file, trainedOn: trainedOn(checkpoint.metadata.run, file) };
}

/** What this program wrote about the data into a model's file; nothing if another program wrote the file. */
function trainedOn(run: string | undefined, file: string): TrainedOn {
  try {
    const { dataset, dataDir, verify, transpose, normalization, classNames, drawingStyle, normalisation } =
      JSON.parse(run ?? '{}');
    // Earlier versions called it `normalisation`, and its std `deviation`.
    const earlier = normalisation && { mean: normalisation.mean, std: normalisation.deviation };
    return {
      dataset,
      dataDir,
      verify,
      transpose,
      normalization: normalization ?? earlier,
      classNames,
      drawingStyle,
    };
  } catch (cause) {
    const problem = 'The settings of its run are damaged.';
    throw new HarmonicError('INVALID_DATA', { problem, file }, { cause });
  }
}
