import type { Batch, Contender, Start } from './contender';
import type { Network } from './network';

/** Rounding amounts to 1e-5 over five steps. */
const tolerance = 1e-3;
const steps = 5;
/** Large enough that a gradient's factor and the decay, which Adam's normalization hides, show in the loss. */
const weightDecay = 0.1;

/** The results of a contender's model. */
export interface Agreement {
  name: string;
  network: string;
  /** The losses of steps without dropout. */
  losses: number[];
  /** The largest relative difference of one from the first contender's. */
  lossDifference: number;
  /** The largest difference of an output from the first contender's, after the steps. */
  outputDifference: number;
  /** The losses of one batch with dropout, with almost no learning; none if the network has no dropout. */
  dropoutLosses: number[];
}

/**
 * Checks that all contenders do the same work, except those that do less. Starting from the same weights, without dropout (because each library draws
 * its own masks), their losses and then their predictions must agree; with dropout, each step must draw a new mask.
 *
 * @throws {Error} if a contender does something else.
 */
export async function checkAgreement(
  contenders: readonly Contender[],
  { start, batches, inputs }: { start: Start; batches: readonly Batch[]; inputs: Float32Array },
  onTurn: (name: string) => void,
): Promise<Agreement[]> {
  const { name: network, dropout } = start.network;
  const found: (Agreement & { outputs: Float32Array })[] = [];
  for (const contender of contenders.filter(({ lighter }) => lighter === undefined)) {
    const { name } = contender;
    onTurn(name);
    const { losses, outputs } = await trainAndPredict(contender, { start, batches, inputs });
    const dropoutLosses = dropout === 0 ? [] : await lossesWithDropout(contender, start, batches[0]);
    const [first = { name, losses, outputs }] = found;
    const lossDifference = largest(losses, (loss, i) => Math.abs(loss / first.losses[i] - 1));
    const outputDifference = largest(outputs, (output, i) => Math.abs(output - first.outputs[i]));
    if (!(lossDifference < tolerance) || !(outputDifference < tolerance)) {
      throw new Error(
        `${name} does not do the same work as ${first.name} in training ${network}: from the same weights and without dropout its losses are ${show(losses)}, not ${show(first.losses)}; its outputs differ by up to ${outputDifference.toExponential(1)}.`,
      );
    }
    if (dropout > 0 && new Set([...dropoutLosses, losses[0]]).size <= dropoutLosses.length) {
      throw new Error(`${name} does not draw a new dropout mask in each step: ${show(dropoutLosses)}.`);
    }
    found.push({ name, network, losses, lossDifference, outputDifference, dropoutLosses, outputs });
  }
  return found.map(({ outputs: _, ...agreement }) => agreement);
}

async function trainAndPredict(
  { create }: Contender,
  { start, batches, inputs }: { start: Start; batches: readonly Batch[]; inputs: Float32Array },
) {
  const model = await create({ ...start, weightDecay, dropout: 0 });
  await model.load(batches);
  const { losses } = await model.train(steps - 1, 1);
  await model.show(inputs);
  const { outputs } = await model.predict(1);
  await model.dispose();
  return { losses: [...losses], outputs };
}

async function lossesWithDropout({ create }: Contender, start: Start, batch: Batch): Promise<number[]> {
  const model = await create({ ...start, learningRate: 1e-12 });
  await model.load([batch]);
  const { losses } = await model.train(steps - 1, 1);
  await model.dispose();
  return [...losses];
}

const show = (losses: readonly number[]) => losses.map((loss) => loss.toFixed(4)).join(', ');

/** The largest value, or NaN if there is one. */
function largest(values: ArrayLike<number>, of: (value: number, index: number) => number): number {
  return Array.from(values, of).reduce((a, b) => (Number.isNaN(b) || b > a ? b : a), 0);
}

/**
 * Checks a contender's training losses.
 *
 * @throws {Error} unless they are finite and fall, for a classification from about the loss of guessing.
 */
export function requireLearning(name: string, losses: readonly number[], { task, outputs }: Network): void {
  const guess = Math.log(outputs);
  const last = losses.slice(-3);
  if (!losses.every(Number.isFinite)) throw new Error(`${name}: a loss is not finite: ${show(losses)}.`);
  if (task === 'classification' && Math.abs(losses[0] - guess) > 0.6) {
    throw new Error(
      `${name}: the first loss is ${losses[0]}; untrained, it must be near ln ${outputs} = ${guess}.`,
    );
  }
  if (!(Math.max(...last) < 0.9 * losses[0])) {
    throw new Error(`${name}: the loss does not fall: it goes from ${losses[0]} to ${show(last)}.`);
  }
}
