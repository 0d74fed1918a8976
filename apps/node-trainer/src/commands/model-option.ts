import { type EpochRecord, HarmonicMLP, readMetadata } from 'harmonic-mlp';
import { UsageError } from '../exit-code';
import { newestModel, readModelFile } from '../run-folder';

export const modelOption = [
  '--model <file>',
  'a saved model, or the folder of a run (default: the best of the newest run)',
] as const;

/** The model that `--model` names, or the newest one, and the epochs of its training. */
export async function loadModel(
  path: string | undefined,
): Promise<{ model: HarmonicMLP; file: string; history: EpochRecord[] }> {
  const file = path ?? (await newestModel());
  if (file === undefined) {
    throw new UsageError('There is no trained model in runs yet. Train one first, or give --model FILE.');
  }
  const bytes = await readModelFile(file);
  const { training } = readMetadata(bytes);
  const history = training === undefined ? [] : (JSON.parse(training) as { history: EpochRecord[] }).history;
  return { model: HarmonicMLP.fromBytes(bytes), file, history };
}
