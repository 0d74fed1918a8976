import { type Command, Option } from 'commander';
import { Interrupted } from '../exit-code';
import { abortOnInterrupt } from '../interruption';
import { errors, output } from '../output';
import { installationIn, tensorflowFolder } from '../tensorflow/installation';
import { roads, type SetupOptions, setUp } from '../tensorflow/setup';

interface SetupTensorflowOptions extends Pick<SetupOptions, 'force' | 'from'> {
  gpu?: boolean;
  prove?: boolean;
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
    // What the setup itself starts, to try what it has made.
    .addOption(new Option('--prove').hideHelp())
    .addHelpText(
      'after',
      `
It takes about 1.2 GB in ${tensorflowFolder()}, or where HARMONIC_MLP_TENSORFLOW says, and is used by nothing else.

For --gpu: ${needsOfGpu}`,
    )
    .action(setUpTensorflow);
}

async function setUpTensorflow({ gpu, force, from, prove }: SetupTensorflowOptions): Promise<void> {
  const variant = gpu ? 'gpu' : 'cpu';
  if (prove) {
    const { trainABit } = await import('../tensorflow/proof');
    await trainABit(installationIn(variant));
    return;
  }
  if (gpu) output.say(needsOfGpu);
  const started = performance.now();
  const interruption = abortOnInterrupt(() => errors.say('Interrupted; removing what is unfinished.'));
  try {
    const { version, device, losses, folder, size } = await setUp({
      variant,
      force,
      from,
      signal: interruption.signal,
      say: (line) => output.say(line, 2),
    });
    const rows = [
      ['Version', version],
      ['Computes on', device],
      ['Loss', `from ${losses[0].toFixed(3)} to ${losses[1].toFixed(3)} in a training of 32 steps`],
      ['Folder', folder],
      ['Size', `${megabytes(size.all)}, of which TensorFlow's library ${megabytes(size.library)}`],
      ['Time', `${((performance.now() - started) / 1000).toFixed(1)} s`],
    ];
    output.say('\nTensorFlow works. Use it with --backend tensorflow.');
    for (const [name, value] of rows) output.say(`  ${name.padEnd(11)}  ${value}`, 13);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new Interrupted('Interrupted. Nothing has been changed.');
  } finally {
    interruption.release();
  }
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
