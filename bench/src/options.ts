import { Command, InvalidArgumentError, Option } from 'commander';

export const parts = [
  'step',
  'small',
  'outside',
  'anatomy',
  'epoch',
  'target',
  'predict',
  'layers',
  'stock',
  'kernels',
  'browser',
  'backends',
  'gpu',
] as const;

/** The parts that take minutes. */
const slowParts: readonly string[] = ['epoch', 'target', 'stock', 'browser', 'backends', 'gpu'];

export const peers = ['tfjs', 'jax-js', 'pytorch', 'torch-compile'] as const;

/** The peers that take minutes to get ready. */
const slowPeers: readonly string[] = ['torch-compile'];

/** The backends of the command line; the first available one is the baseline. */
export const backends = ['wasm', 'tensorflow', 'webgpu', 'cpu'] as const;

export type Backend = (typeof backends)[number];
export type Part = (typeof parts)[number];
export type Peer = (typeof peers)[number];

export interface Options {
  only: Part[];
  peers: Peer[];
  batchSize: number[];
  backend?: Backend[];
  rounds: number;
  steps: number;
  quick?: boolean;
  python?: string;
  readme?: boolean;
  json?: string;
}

function integer(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be an integer from 1 to 999999.');
  return Number(text);
}

const list =
  <T>(parse: (text: string) => T) =>
  (text: string): T[] =>
    text.split(',').map((part) => parse(part.trim()));

const oneOf =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): T => {
    if (!allowed.includes(text as T)) throw new InvalidArgumentError(`Allowed: ${allowed.join(', ')}.`);
    return text as T;
  };

/** Batch normalization needs two examples. */
function batchSize(text: string): number {
  const size = integer(text);
  if (size < 2 || size > 2048) throw new InvalidArgumentError('Batch sizes range from 2 to 2048.');
  return size;
}

/** Parses the command line. */
export function parseOptions(argv: readonly string[]): Options {
  const command = new Command('bench')
    .description(
      'Times this project against stock tfjs, jax-js and, where Python has it, PyTorch: in one run, taking turns, on one thread, on two and on all, where a contender has threads. Ratios are to this project on one thread, of times of the same round. All train the published model (784-512-256-10) on MNIST, or small networks, and are first checked to compute the same.',
    )
    .addOption(
      new Option('--only <parts>', `what to measure, of ${parts.join(', ')}`)
        .argParser(list(oneOf(parts)))
        .default([...parts], 'all'),
    )
    .addOption(
      new Option('--peers <names>', `whom to compare with, of ${peers.join(', ')}; or none`)
        .argParser((text) => (text === 'none' ? [] : list(oneOf(peers))(text)))
        .default([...peers], 'all'),
    )
    .addOption(
      new Option('--batch-size <sizes>', 'the batch sizes of step')
        .argParser(list(batchSize))
        .default([32, 128, 1024], '32,128,1024'),
    )
    .addOption(
      new Option('--backend <names>', `whom backends compares, of ${backends.join(', ')}`)
        .argParser(list(oneOf(backends)))
        .default(undefined, 'all but cpu and software adapters, which take very long'),
    )
    .option(
      '--rounds <n>',
      'rounds, in each of which every contender has a turn; a third of them where turns are long',
      integer,
      15,
    )
    .option('--steps <n>', 'steps of a turn; fewer where a batch is larger than 128', integer, 10)
    .option(
      '--quick',
      'batch size 128 only, 5 rounds, none of the parts that take minutes, nor torch-compile: some two minutes',
    )
    .option('--python <path>', 'the Python that has PyTorch (default: python3, python)')
    .option(
      '--readme',
      'write the tables: of target into README.md, of stock into packages/wasm-kernels/README.md',
    )
    .option('--json <file>', 'save everything, the times of each round too')
    .addHelpText(
      'after',
      `
Everything takes some 25 minutes on a 2-core machine, most of it stock tfjs in an
epoch and in batches of 1024. Other programs disturb, PyTorch on all threads most.
torch-compile needs a C++ compiler, and compiles for minutes in its first run.

  bench --only step --batch-size 128   one training step, all contenders, on
                                       inputs with a background and without one
  bench --only small                   steps of 24-16-3, batch 16; 2-32-32-1,
                                       batch 64; 4 x 64 sines, 4096 coordinates
  bench --only outside                 what of a step of fit is not arithmetic
  bench --only anatomy                 which kernels a step of ours spends its time in
  bench --only kernels --rounds 30     each kernel alone, and the machine's peak
  bench --only epoch --peers none      an epoch of this project alone
  bench --only target --readme         from the start of train to 98% on MNIST,
                                       written into the README
  bench --only stock --readme          model.fit of eight networks in tfjs-layers,
                                       written into the README of wasm-kernels
  bench --only browser                 the demo's page against the command line
  bench --only backends                every backend, at batches of 128 and 4096
  bench --only gpu                     a graphics card, or what JavaScript takes
                                       where there is none`,
    )
    .showHelpAfterError('Run with --help for all options.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  const options = command.parse(argv).opts<Options>();
  if (!options.quick) return options;
  const chosen = (name: string) => command.getOptionValueSource(name) === 'cli';
  return {
    ...options,
    peers: chosen('peers') ? options.peers : peers.filter((peer) => !slowPeers.includes(peer)),
    only: chosen('only') ? options.only : parts.filter((part) => !slowParts.includes(part)),
    batchSize: chosen('batchSize') ? options.batchSize : [128],
    rounds: chosen('rounds') ? options.rounds : 5,
  };
}
