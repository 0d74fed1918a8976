import { requireLearning } from '../agreement';
import { type Comparison, compare, showComparison, showRatio } from '../comparison';
import type { Batch, Contender, Start } from '../contender';
import { interleave } from '../interleave';
import type { Products } from '../peak/products';
import { ratios, type Summary, summarize } from '../statistics';
import { table } from '../table';

/** The number of steps of a turn at a batch size: as requested up to 128, and fewer for larger batches. */
export const stepsAt = (batchSize: number, steps: number): number =>
  Math.max(1, Math.round(steps * Math.min(1, 128 / batchSize)));

/**
 * A turn that would take more milliseconds has fewer steps: threads that wait for each other by spinning, as PyTorch's do, take a
 * hundred times as long while another program needs a processor.
 */
const longestTurn = 1000;

/** What steps are timed on. */
export interface Steps {
  /** What is trained. */
  title: string;
  start: Start;
  batches: readonly Batch[];
  rounds: number;
  /** Of a turn, at most. */
  steps: number;
}

/**
 * One training step.
 *
 * @param products two independent products, which take turns too, to see what threads can gain.
 */
export async function timeSteps(
  contenders: readonly Contender[],
  { title, start, batches, rounds, steps }: Steps,
  products: Products | undefined,
  onTurn: (where: string) => void,
): Promise<StepFigures> {
  const { size } = batches[0];
  const entrants = await Promise.all(
    contenders.map(async ({ name, create }) => {
      const model = await create(start);
      await model.load(batches);
      const losses: number[] = [];
      let count = steps;
      const run = async () => {
        const training = await model.train(count);
        losses.push(...training.losses);
        const each = training.milliseconds / count;
        count = Math.max(1, Math.min(steps, Math.floor(longestTurn / each)));
        return each;
      };
      return { name, run, losses, model };
    }),
  );
  const turns = products === undefined ? [] : [{ name: productsName, run: () => products.gain() }];
  const { [productsName]: gains, ...times } = await interleave(
    [...entrants, ...turns],
    { rounds, warmUps: 2 },
    onTurn,
  );
  for (const { name, losses, model } of entrants) {
    requireLearning(name, losses, start.network);
    await model.dispose();
  }
  return {
    comparison: compare(`${title}, batch ${size} (${rounds} rounds of ${steps})`, times),
    notes: contenders.flatMap(({ name, lighter }) => (lighter === undefined ? [] : `${name}: ${lighter}`)),
    ...(gains && { productGain: { ...summarize(gains), rounds: gains } }),
  };
}

/** The results of {@link timeSteps}. */
export interface StepFigures {
  comparison: Comparison;
  notes: string[];
  /** See {@link Products.gain}. */
  productGain?: Summary & { rounds: number[] };
}

const productsName = 'two independent products';

/** The table, and what the same rounds say about threads. */
export function showSteps({ comparison, notes, productGain }: StepFigures): string {
  const { rows } = comparison;
  const roundsOf = (name: string) => rows.find((row) => row.name === name)?.rounds;
  const gains: [string, Summary][] = [];
  for (const { name, rounds } of rows) {
    const [, threads] = /^harmonic-mlp, (\d+ threads?)$/.exec(name) ?? [];
    if (threads === undefined) continue;
    const others = roundsOf(`PyTorch, ${threads}, fused Adam`);
    if (others !== undefined)
      gains.push([`${threads}, against PyTorch's with fused Adam`, summarize(ratios(others, rounds))]);
    if (rounds !== rows[0].rounds)
      gains.push([`${threads}, against 1`, summarize(ratios(rows[0].rounds, rounds))]);
  }
  if (productGain !== undefined) gains.push([`${productsName} on 2 threads, against 1`, productGain]);
  const cells = gains.map(([name, { median, min, max }]) => [
    name,
    showRatio(median),
    `${showRatio(min)}–${showRatio(max)}`,
  ]);
  return [
    showComparison(comparison),
    ...notes,
    ...(gains.length === 0 ? [] : ['', table(['times as fast', 'median', 'from–to'], cells)]),
  ].join('\n');
}
