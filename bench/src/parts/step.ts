import { requireLearning } from '../agreement';
import { type Comparison, compare } from '../comparison';
import type { Batch, Contender, Start } from '../contender';
import { interleave } from '../interleave';

/** The number of steps per turn at a batch size: as requested up to 128, and fewer for larger batches. */
export const stepsAt = (batchSize: number, steps: number): number =>
  Math.max(1, Math.round(steps * Math.min(1, 128 / batchSize)));

/** One training step. */
export async function timeSteps(
  contenders: readonly Contender[],
  start: Start,
  batches: readonly Batch[],
  { rounds, steps }: { rounds: number; steps: number },
  onTurn: (where: string) => void,
): Promise<Comparison> {
  const { size } = batches[0];
  const count = stepsAt(size, steps);
  const entrants = await Promise.all(
    contenders.map(async ({ name, create }) => {
      const model = await create(start);
      await model.load(batches);
      const losses: number[] = [];
      const run = async () => {
        const training = await model.train(count);
        losses.push(...training.losses);
        return training.milliseconds / count;
      };
      return { name, run, losses, model };
    }),
  );
  const times = await interleave(entrants, { rounds, warmUps: 2 }, onTurn);
  for (const { name, losses, model } of entrants) {
    requireLearning(name, losses);
    await model.dispose();
  }
  return compare(`One training step, batch ${size} (${rounds} rounds of ${count})`, times);
}
