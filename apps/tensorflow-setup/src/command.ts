import { requireOneOf } from '@harmonic-mlp/core';
import {
  abortOnInterrupt,
  addHelpNote,
  errors,
  output,
  printFacts,
  TrainerError,
  tensorflowFolder,
} from '@harmonic-mlp/node-trainer';
import { type Command, Option } from 'commander';
import { roads, type SetupOptions, setUp } from './setup';

interface SetupTensorflowOptions extends Pick<SetupOptions, 'force' | 'from'> {
  gpu?: boolean;
}

const needsOfGpu =
  'CUDA 11.2 and cuDNN 8.1 must be installed, on x64 Linux or Windows. The library has no kernels for cards that are newer than these (Hopper and later): they are compiled on first use, which takes tens of minutes.';

export function addSetupTensorflowCommand(program: Command): void {
  const command = program
    .command('setup-tensorflow')
    .alias('setup:tensorflow')
    .description("Install what --backend tensorflow needs: tfjs-node and TensorFlow's C library.")
    .option('--gpu', 'install tfjs-node-gpu, for NVIDIA graphics cards')
    .option('--force', 'reinstall what is already there')
    .addOption(
      new Option(
        '--from <where>',
        "where to get the library (default: the first that works)\n  official: TensorFlow's own download\n  wheel: its Python wheel, on Linux, with pip and a C++ compiler",
      ).argParser((where) => requireOneOf('--from', where, roads)),
    )
    .option('--debug', 'print the stack trace of an error')
    .action(setUpTensorflow);
  const place = `It takes about 1.2 GB in ${tensorflowFolder()}; set HARMONIC_MLP_TENSORFLOW for another folder. Nothing else uses it.`;
  addHelpNote(command, `${place}\n\nFor --gpu: ${needsOfGpu}`);
}

async function setUpTensorflow({ gpu, force, from }: SetupTensorflowOptions): Promise<void> {
  if (gpu) output.say(needsOfGpu);
  const started = performance.now();
  const interruption = abortOnInterrupt(() =>
    errors.say('Interrupted; removing the unfinished installation.'),
  );
  try {
    const { version, device, losses, folder, size } = await setUp({
      variant: gpu ? 'gpu' : 'cpu',
      force,
      from,
      signal: interruption.signal,
      say: (line) => output.say(line, 2),
    });
    output.say('\nTensorFlow works. Use it with --backend tensorflow.');
    printFacts({
      Version: version,
      'Computes on': device,
      Loss: `from ${losses[0].toFixed(3)} to ${losses[1].toFixed(3)} in 32 training steps`,
      Folder: folder,
      Size: `${megabytes(size.all)}, of which TensorFlow's library ${megabytes(size.library)}`,
      Time: `${((performance.now() - started) / 1000).toFixed(1)} s`,
    });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new TrainerError('INTERRUPTED', 'Interrupted. Nothing has been changed.');
  } finally {
    interruption.release();
  }
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
