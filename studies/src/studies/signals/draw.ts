import { predictions, type Setting, toDraw, withTrained } from '../../harness';
import { type Learned, trainingOf } from './learn';
import { networks } from './networks';
import type { Task } from './tasks';

/** The examples of a task, and what each network answers, at its best with seed 1. */
export interface Drawing {
  readonly kind: 'drawing';
  readonly task: string;
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
  /** As {@link Task.axis}. */
  readonly axis: readonly number[];
  /**
   * By network, the number or the probability of the second class, at each place of the axis, or, row by row, of the square over it; none
   * of one that diverged.
   */
  readonly answers: { readonly [network: string]: readonly number[] };
  /** As in {@link Task.goesOn}; the function on the axis. */
  readonly truth?: readonly number[];
  readonly testedFrom?: number;
}

/** Draws what the networks have learned. */
export async function draw(
  task: Task,
  learned: readonly Learned[],
  { quick, onProgress }: Setting,
): Promise<Drawing> {
  const { axis, inputSize, kind, goesOn } = task;
  const places = inputSize === 1 ? axis.map((x) => [x]) : axis.flatMap((y) => axis.map((x) => [x, y]));
  const answers: { [network: string]: number[] } = {};
  for (const { network: name, choice, learningRate } of learned) {
    onProgress(`${task.name}, drawing of ${name}`);
    const network = networks.find((each) => each.name === name)!;
    const training = await trainingOf(task, { network, choice, quick, learningRate, seed: 1 });
    const values = (await withTrained(training, (model) => predictions(model, places))) ?? [];
    answers[name] =
      kind === 'classification'
        ? Array.from(values).flatMap((value, i) => (i % 2 === 1 ? [Number(value.toFixed(2))] : []))
        : toDraw(values);
  }
  const { train } = task.examples(quick);
  const [inputs, targets] = [train.inputs, train.targets].map((values) => toDraw(values as number[]));
  const beyond = goesOn && { truth: toDraw(axis.map(goesOn.truth)), testedFrom: goesOn.testedFrom };
  return { kind: 'drawing', task: task.name, inputs, targets, axis, answers, ...beyond };
}
