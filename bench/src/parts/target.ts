import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toMarkdown } from '@harmonic-mlp/studies/markdown';
import { type Entrant, interleave } from '../interleave';
import type { Machine } from '../machine';
import { median, ratios } from '../statistics';
import { table } from '../table';
import { nameThreads, threadCounts } from '../threads';
import { trainUntil } from './trainer';

/** Relative to the built bench, which is one folder below its root. */
const study = fileURLToPath(new URL('../../docs/study/classification.md', import.meta.url));

/** The accuracy to reach on the test images. */
const target = 0.98;

/** The seed of the first round: those of the study's last step. */
const firstSeed = 101;

/** The networks without periodic units, by their names in the study. */
const others = ['ReLU', 'GELU'] as const;

/** How long networks take to the target, by the number of threads. */
export interface TargetFigures {
  networks: string[];
  /** Of each network and number of threads, in this order, the seconds and the epochs of each round. */
  found: { network: string; threads: number; seconds: number[]; epochs: number[] }[];
}

/**
 * The time from the start of `train` to the first epoch after which 98% of MNIST's test images are recognized: starting Node.js,
 * reading the data, training, and evaluating. Each round has a seed of its own.
 */
export async function timeTarget(rounds: number, onTurn: (where: string) => void): Promise<TargetFigures> {
  const networks = networksOf(readFileSync(study, 'utf8'));
  const found: TargetFigures['found'] = [];
  const entrants = networks.flatMap(({ name, options }) =>
    threadCounts.map((threads): Entrant => {
      const own = { network: name, threads, seconds: [] as number[], epochs: [] as number[] };
      found.push(own);
      return {
        name: `${name}, ${nameThreads(threads)}`,
        async run() {
          const seed = firstSeed + own.seconds.length;
          const words = [...options, '--threads', `${threads}`, '--seed', `${seed}`];
          const { seconds, epoch } = await trainUntil(target, words);
          own.seconds.push(seconds);
          own.epochs.push(epoch);
          return 1000 * seconds;
        },
      };
    }),
  );
  await interleave(entrants, { rounds, warmUps: 0 }, onTurn);
  return { networks: networks.map(({ name }) => name), found };
}

/** The recommended network, and those of the study's document, with their options of `train`: all on one backend. */
export const networksOf = (document: string) => [
  { name: 'recommended', options: ['--preset', 'recommended', '--backend', 'wasm'] },
  ...others.map((name) => ({ name: `${name}, tuned`, options: optionsIn(document, name) })),
];

/**
 * The options of a network on 784-512-256-10 units in the study's document.
 *
 * @throws {Error} if it has none.
 */
export function optionsIn(document: string, network: string): string[] {
  const marker = 'study:mnist-512-256-commands -->';
  const [, section = ''] = document.split(`<!-- ${marker}`);
  const [rows] = section.split(`<!-- /${marker}`);
  const row = rows.split('\n').find((line) => line.split('|')[1]?.trim() === network);
  const options = row && /`([^`]+)`/.exec(row)?.[1];
  if (!options) throw new Error(`The study has no options of ${network}: ${study}`);
  return options.split(' ');
}

const header = ({ found }: TargetFigures) => ['', ...threadsIn(found).map(nameThreads), 'epochs'];

const threadsIn = (found: TargetFigures['found']) => [...new Set(found.map(({ threads }) => threads))];

/** Medians, beside their ratios to the first network in the same round. */
function cells({ networks, found }: TargetFigures): string[][] {
  return networks.map((network) => {
    const own = found.filter((each) => each.network === network);
    const seconds = own.map((each) => {
      const shown = `${median(each.seconds).toFixed(1)} s`;
      if (network === networks[0]) return shown;
      const base = found.find(({ network, threads }) => network === networks[0] && threads === each.threads)!;
      return `${shown}, ${median(ratios(each.seconds, base.seconds)).toFixed(2)}×`;
    });
    return [network, ...seconds, String(median(own.flatMap(({ epochs }) => epochs)))];
  });
}

export const showTarget = (figures: TargetFigures): string =>
  `From the start of train to 98% of MNIST's test images\n${table(header(figures), cells(figures))}`;

/** The table, and how it was made. */
export function markdownTarget(figures: TargetFigures, { cpu, cores, node }: Machine): string {
  const { length } = figures.found[0].seconds;
  const how = `Medians of ${length} seeds, ${firstSeed} to ${firstSeed + length - 1}; Node ${node}, ${cpu}, ${cores} processors.`;
  return [
    toMarkdown({ columns: header(figures), rows: cells(figures) }),
    '',
    `${how} Made by \`pnpm bench --only target --readme\`.`,
  ].join('\n');
}
