import { type Comparison, compare } from '../comparison';
import type { Contender, Start } from '../contender';
import { interleave } from '../interleave';
import { inputSize } from '../published-model';

/** The class probabilities of some images, in one call. */
export async function timePrediction(
  contenders: readonly Contender[],
  start: Start,
  images: Float32Array,
  rounds: number,
  onTurn: (where: string) => void,
): Promise<Comparison> {
  const count = images.length / inputSize;
  const times = count === 1 ? 100 : 1;
  const entrants = await Promise.all(
    contenders
      .filter(({ predictsAlike }) => !predictsAlike)
      .map(async ({ name, create }) => {
        const model = await create(start);
        await model.show(images);
        return { name, model, run: async () => (await model.predict(times)).milliseconds / times };
      }),
  );
  const found = await interleave(entrants, { rounds }, onTurn);
  for (const { model } of entrants) await model.dispose();
  const what = count === 1 ? '1 image' : `${count.toLocaleString('en')} images`;
  return compare(`Prediction of ${what} (${rounds} rounds of ${times})`, found);
}
