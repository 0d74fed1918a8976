import {
  abortOnInterrupt,
  errors,
  Interrupted,
  output,
  printFacts,
  tensorflowFolder,
} from '@harmonic-mlp/node-trainer';
import { type Command, Option } from 'commander';
import { roads, type SetupOptions, setUp } from './setup';

interface SetupTensorflowOptions extends Pick<SetupOptions, 'force' | 'from'> {
  gpu?: boolean;
}

const needsOfGpu =
  'CUDA 11.2 and cuDNN 8.1 have to be installed, on x64 Linux or Windows. Cards that are newer than these (from Hopper on) have no kernels in this library: they are compiled at first use, which takes tens of minutes.';

export function addSetupTensorflowCommand(program: Command): void {
  program
    .command('setup-tensorflow')
    .alias('setup:tensorflow')
    .description("Install what --backend tensorflow needs: tfjs-node, and TensorFlow's C library.")
    .option('--gpu', 'for NVIDIA graphics cards: installs tfjs-node-gpu')
    .option('--force', 'install again what is there')
    .addOption(
      new Option(
        '--from <where>',
        "official: TensorFlow's own download; wheel: its Python wheel, with pip and a C++ compiler, on Linux (default: the first that works)",
      ).choices(roads),
    )
    .option('--debug', 'show the stack trace of an error')
    .addHelpText(
      'after',
      `
It takes about 1.2 GB in ${tensorflowFolder()}, or where HARMONIC_MLP_TENSORFLOW says, and is used by nothing else.

For --gpu: ${needsOfGpu}`,
    )
    .action(setUpTensorflow);
}

async function setUpTensorflow({ gpu, force, from }: SetupTensorflowOptions): Promise<void> {
  if (gpu) output.say(needsOfGpu);
  const started = performance.now();
  const interruption = abortOnInterrupt(() => errors.say('Interrupted; removing what is unfinished.'));
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
      Loss: `from ${losses[0].toFixed(3)} to ${losses[1].toFixed(3)} in a training of 32 steps`,
      Folder: folder,
      Size: `${megabytes(size.all)}, of which TensorFlow's library ${megabytes(size.library)}`,
      Time: `${((performance.now() - started) / 1000).toFixed(1)} s`,
    });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new Interrupted('Interrupted. Nothing has been changed.');
  } finally {
    interruption.release();
  }
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
