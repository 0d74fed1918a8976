import { requireLearning } from '../agreement';
import { type Comparison, compare } from '../comparison';
import type { Batch, Contender, Start } from '../contender';
import { interleave } from '../interleave';

/**
 * One epoch of MNIST, 60,000 images in batches of 128: through the contender's own training loop, if it has one, including
 * shuffling and making batches; else the same number of steps on existing batches.
 */
export async function timeEpoch(
  contenders: readonly Contender[],
  start: Start,
  batches: readonly Batch[],
  onTurn: (where: string) => void,
): Promise<Comparison> {
  const steps = Math.ceil(60_000 / batches[0].size);
  const entrants = contenders.map(({ name, create }) => ({
    name,
    async run() {
      const model = await create(start);
      try {
        if (model.epoch !== undefined) return await model.epoch();
        await model.load(batches);
        const { milliseconds, losses } = await model.train(steps);
        requireLearning(name, losses, start.network);
        return milliseconds;
      } finally {
        await model.dispose();
      }
    },
  }));
  const times = await interleave(entrants, { rounds: 1, warmUps: 0 }, onTurn);
  return compare(`One epoch of MNIST, batch ${batches[0].size} (once)`, times);
}
