import { fileURLToPath } from 'node:url';
import { toMarkdown } from '@harmonic-mlp/studies/markdown';
import { showMilliseconds, showRatio } from '../comparison';
import { type Entrant, interleave, type Times } from '../interleave';
import { type FitNetwork, fitNetworks } from '../model-fit/networks';
import { type OrderedProgram, startProgram } from '../orders';
import { median, ratios } from '../statistics';
import { table } from '../table';

/** Relative to the built bench, which is one folder below its root. */
const fitPeer = fileURLToPath(new URL('fit-peer.js', import.meta.url));
const fitProgram = fileURLToPath(new URL('../python/fit.py', import.meta.url));

/** The milliseconds that a turn takes for each of `--steps`, unless a step takes longer. */
const turnMilliseconds = 30;

/** Turns before those that count. */
const warmUps = 5;

/** A step of more than this is not warmed up, and makes the rounds of its network few. */
const slowMilliseconds = 1000;
const fewRounds = 3;

/** Who trains, in the order of the table. */
export const fitContenders = ['stock wasm', 'cpu', 'with kernels', 'tfjs-node', 'PyTorch'] as const;
type FitContender = (typeof fitContenders)[number];

/** A step of `model.fit` of one network. */
export interface FitSteps {
  network: string;
  batchSize: number;
  parameters: number;
  /** Milliseconds of a step, one for each round, of those who can train it. */
  times: Times;
  /** Why the others cannot. */
  cannot: Record<string, string>;
}

/** What tfjs makes of `model.fit` here, and PyTorch of the same. */
export interface FitFigures {
  steps: FitSteps[];
  /** Of tfjs-node and PyTorch. */
  versions: Record<string, string>;
  /** Who is not there, and why. */
  missing: string[];
}

/** What a program answers to a new network. */
type Created = { milliseconds: number; parameters: number; loss?: number } | { cannot: string };

/**
 * A training step of `model.fit` of tfjs-layers, which knows nothing of this project, of networks as people train them. Each
 * contender runs in a process of its own.
 *
 * @param python one that has PyTorch.
 * @param steps the longer turns are.
 */
export async function timeFit(
  { python, rounds, steps }: { python: string | undefined; rounds: number; steps: number },
  onTurn: (where: string) => void,
): Promise<FitFigures> {
  const { programs, versions, missing } = await startPrograms(python);
  const figures: FitFigures = { steps: [], versions, missing };
  try {
    for (const network of fitNetworks) {
      const at = (where: string) => onTurn(`${network.name}, ${where}`);
      figures.steps.push(await timeNetwork(network, programs, { rounds, steps }, at));
    }
  } finally {
    await Promise.all(Array.from(programs.values(), (program) => program.end()));
  }
  return figures;
}

type Programs = Map<FitContender, OrderedProgram>;

async function startPrograms(
  python: string | undefined,
): Promise<{ programs: Programs; versions: Record<string, string>; missing: string[] }> {
  const programs: Programs = new Map();
  const versions: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of fitContenders) {
    if (name === 'PyTorch' && python === undefined) continue;
    const program =
      name === 'PyTorch'
        ? startProgram(name, python!, [fitProgram])
        : startProgram(name, process.execPath, [fitPeer, name]);
    const hello = await program.give<{ version?: string; missing?: string }>({ order: 'hello' });
    if (hello.version !== undefined) versions[name] = hello.version;
    if (hello.missing === undefined) programs.set(name, program);
    else {
      missing.push(`${name} is left out: ${hello.missing}`);
      await program.end();
    }
  }
  return { programs, versions, missing };
}

async function timeNetwork(
  network: FitNetwork,
  programs: Programs,
  { rounds, steps }: { rounds: number; steps: number },
  onTurn: (where: string) => void,
): Promise<FitSteps> {
  const entrants: Entrant[] = [];
  const cannot: Record<string, string> = {};
  let isLong = false;
  const created: [string, Exclude<Created, { cannot: string }>][] = [];
  for (const [name, program] of programs) {
    onTurn(`getting ready: ${name}`);
    const found = await program.give<Created>({ order: 'create', network });
    if ('cannot' in found) {
      cannot[name] = found.cannot;
      continue;
    }
    created.push([name, found]);
    const take = async (count: number) =>
      (await program.give<{ milliseconds: number }>({ order: 'train', steps: count })).milliseconds;
    const countFor = (milliseconds: number) =>
      Math.min(400, Math.max(1, Math.round((turnMilliseconds * steps) / milliseconds)));
    let { milliseconds } = found;
    const isSlow = milliseconds > slowMilliseconds;
    // Engines compile what runs often.
    for (let turn = 0; turn < (isSlow ? 0 : warmUps); turn++)
      milliseconds = await take(countFor(milliseconds));
    isLong ||= isSlow;
    entrants.push({ name, run: () => take(countFor(milliseconds)) });
  }
  requireAgreement(network, created);
  const times = await interleave(entrants, { rounds: isLong ? fewRounds : rounds, warmUps: 0 }, onTurn);
  return {
    network: network.name,
    batchSize: network.batchSize,
    parameters: created[0][1].parameters,
    times,
    cannot,
  };
}

/** @throws {Error} unless all train equally many parameters, and those of tfjs have learned the same in their first steps. */
function requireAgreement(
  { name }: FitNetwork,
  created: readonly [string, { parameters: number; loss?: number }][],
): void {
  const [[first, { parameters, loss }]] = created;
  for (const [other, found] of created) {
    if (found.parameters !== parameters) {
      throw new Error(`${name}: ${first} has ${parameters} parameters, and ${other} ${found.parameters}.`);
    }
    if (found.loss !== undefined && !(Math.abs(found.loss - loss!) < 1e-3 * Math.abs(loss!))) {
      throw new Error(`${name}: the loss of ${first} is ${loss}, and that of ${other} ${found.loss}.`);
    }
  }
}

/** How many times as fast the kernels are as the faster of stock wasm and cpu, and as PyTorch. */
function speedups({ times }: FitSteps): { tfjs?: number; pyTorch?: number } {
  const ours = times['with kernels'];
  if (ours === undefined) return {};
  const others = [times['stock wasm'], times.cpu].filter((each) => each !== undefined);
  const best = ours.map((_, round) => Math.min(...others.map((each) => each[round])));
  const over = (base: readonly number[]) => median(ratios(base, ours));
  return { tfjs: over(best), ...(times.PyTorch && { pyTorch: over(times.PyTorch) }) };
}

/** The header and rows of the table. */
function cells({ steps }: FitFigures): [header: string[], rows: string[][]] {
  const absent = fitContenders.filter(
    (name) => !steps.some(({ times, cannot }) => name in times || name in cannot),
  );
  const shown = fitContenders.filter((name) => !absent.includes(name));
  const rows = steps.map((each) => {
    const { network, batchSize, times, cannot } = each;
    const { tfjs, pyTorch } = speedups(each);
    return [
      `${network}, batch ${batchSize}`,
      ...shown.map((name) => (name in cannot ? 'cannot' : showMilliseconds(median(times[name])))),
      tfjs === undefined ? '' : showRatio(tfjs),
      ...(absent.includes('PyTorch') ? [] : [pyTorch === undefined ? '' : showRatio(pyTorch)]),
    ];
  });
  return [['', ...shown, '× tfjs', ...(absent.includes('PyTorch') ? [] : ['× PyTorch'])], rows];
}

export function showFit(figures: FitFigures): string {
  const [header, rows] = cells(figures);
  const reasons = figures.steps.flatMap(({ network, cannot }) =>
    Object.entries(cannot).map(([name, reason]) => `${name} cannot train ${network}: ${reason}`),
  );
  return [
    'A step of model.fit (milliseconds), and how many times as fast it is with the kernels',
    table(header, rows),
    ...reasons,
    ...figures.missing,
  ].join('\n');
}

/** The table in Markdown. */
export function markdownFit(figures: FitFigures): string {
  const [columns, rows] = cells(figures);
  return toMarkdown({ columns, rows });
}
