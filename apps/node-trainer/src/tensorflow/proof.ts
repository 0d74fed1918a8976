import { LabelledDataset } from '@harmonic-mlp/mnist-data';
import { HarmonicMLP } from 'harmonic-mlp';
import { startTensorflow } from '../backends/tensorflow';
import { childEnvironment, nodeArguments } from '../child-process';
import { printJson } from '../output';
import type { Installation, Variant } from './installation';
import { loadTensorflow } from './load';
import { ProgramFailure, type RunOptions, runProgram } from './run-program';

/** What a training on it gave. */
export interface Proof {
  /** Of TensorFlow and of tfjs-node. */
  version: string;
  device: string;
  /** The mean training losses of the first epoch and of the last. */
  losses: [first: number, last: number];
}

/** How long a training of a few steps may take on a processor, in milliseconds. */
const patience = 300_000;

/**
 * Trains a few steps on an installation, in another process: a library that does not fit may well end it.
 *
 * @param root the folder that HARMONIC_MLP_TENSORFLOW would name.
 * @throws {Error} whose message is a sentence, when it does not train; the reason of the signal.
 */
export async function prove(variant: Variant, root: string, options: RunOptions = {}): Promise<Proof> {
  const command = nodeArguments('setup-tensorflow', '--prove', ...(variant === 'gpu' ? ['--gpu'] : []));
  let output: string;
  try {
    output = await runProgram(process.execPath, command, {
      ...options,
      env: { ...childEnvironment(), HARMONIC_MLP_TENSORFLOW: root, NO_COLOR: '1' },
      // A new card's kernels are compiled first, which takes tens of minutes.
      timeout: variant === 'gpu' ? undefined : patience,
    });
  } catch (error) {
    if (!(error instanceof ProgramFailure)) throw error;
    throw new Error(whyItFailed(error), { cause: error });
  }
  return JSON.parse(output.trim().split('\n').at(-1)!);
}

/** The message of an error of the process, or what became of it. */
export function whyItFailed({ message, signal }: ProgramFailure): string {
  if (signal !== null) {
    return `TensorFlow's library ended the process with ${signal} as it was tried: it does not fit this machine, or is damaged.`;
  }
  const told = /^ *error: (?:The tensorflow backend cannot be used: )?(.*)$/m.exec(message)?.[1];
  // The remedy that follows it is the setup, which is under way.
  return told?.replace(/ (Install|Mend) it .*$/, '') ?? message;
}

/** What that process does: it trains a small network on examples of four kinds, and prints a {@link Proof}. */
export async function trainABit(installation: Installation): Promise<void> {
  const { version, device } = await startTensorflow(installation);
  const { usesGpu } = await loadTensorflow(installation);
  if (installation.variant === 'gpu' && !usesGpu) {
    throw new Error(
      'TensorFlow finds no graphics card that it can use: its driver, CUDA 11.2 and cuDNN 8.1 have to be where the loader finds them. Without a card, leave out --gpu.',
    );
  }
  const [size, inputSize, classes] = [512, 64, 4];
  const labels = Uint8Array.from({ length: size }, (_, i) => i % classes);
  // Of each kind another quarter of the values stands out, in some noise.
  const inputs = Float32Array.from({ length: size * inputSize }, (_, i) => {
    const kind = labels[Math.floor(i / inputSize)];
    return (i % classes === kind ? 1 : 0) + 0.5 * Math.sin(7 * i * i);
  });
  const model = new HarmonicMLP({ inputSize, classes, hidden: [32], seed: 1 });
  const { history } = await model.fit(new LabelledDataset({ inputs, labels, inputSize, classes }), {
    epochs: 4,
    batchSize: 64,
  });
  model.dispose();
  const losses: Proof['losses'] = [history[0].trainLoss, history.at(-1)!.trainLoss];
  if (!losses.every(Number.isFinite) || losses[1] >= losses[0]) {
    throw new Error(
      `Training on TensorFlow does not learn: the loss went from ${losses[0]} to ${losses[1]}.`,
    );
  }
  printJson({ version, device, losses } satisfies Proof);
}
