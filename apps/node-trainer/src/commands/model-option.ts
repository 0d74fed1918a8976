import { HarmonicMLP, inspectModelFile, type ModelFileInfo } from 'harmonic-mlp';
import type { TrainedOn } from '../data';
import { newestModel, readModelFile } from '../run-folder';

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
  return naming(file, () => {
    const info = inspectModelFile(bytes);
    return { model: HarmonicMLP.fromBytes(bytes), file, trainedOn: trainedOn(info.metadata.run), ...info };
  });
}

/** What this program wrote about the data into a model's file; nothing if another program wrote the file. */
function trainedOn(run: string | undefined): TrainedOn {
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
    throw new Error('the settings of its run are damaged.', { cause });
  }
}

/** Reads something of a file, whose name then stands in the message of an error. */
export function naming<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${file}: ${(cause as Error).message}`, { cause });
  }
}
