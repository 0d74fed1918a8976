import {
  type DynamicAttribute,
  describeCall,
  type Program,
  type ProgramCall,
} from '@harmonic-mlp/core/program';
import type { Changing, Given, Lowered, Lowering, TensorForm } from '../lowering';
import { adamPair, crossEntropyWithGradient, denseGradients, maskedDropout } from '../operations';
import { mostBound } from '../shader';
import { jointSize } from './joint-size';

/** An operation of a program, or several that are computed at once. */
export interface PlannedCall extends Pick<ProgramCall, 'inputs' | 'outputs' | 'attributes'> {
  /** The name of its kernel, or of one of them. */
  readonly kernel: string;
  readonly lower: Lowering<never>;
  readonly changing: Changing<never> | undefined;
  readonly dynamic: readonly DynamicAttribute[];
}

/** A kernel in programs; stock ones do not compute everything. */
export type ProgramKernel = {
  readonly lower: (given: Given) => Lowered | undefined;
  readonly changing?: Changing<never> | undefined;
};

/**
 * The operations of a program, some of them together: the gradients of a dense layer, a mask and what it is applied to, the loss with its
 * gradient and the count of right answers, and the steps of two parameters. What several operations make, none of them may make too late
 * for others.
 *
 * @param homes the place of a state before an execution, for the value that it has afterwards.
 */
export function fused(
  program: Program,
  kernels: ReadonlyMap<string, ProgramKernel>,
  homes: ReadonlyMap<number, number>,
): readonly PlannedCall[] | { readonly obstacle: string } {
  const calls: (PlannedCall | undefined)[] = [];
  for (const [i, call] of program.calls.entries()) {
    const kernel = kernels.get(call.kernel);
    if (kernel === undefined) return { obstacle: `there is no kernel for ${describeCall(call)}` };
    const { changing } = kernel;
    const lower = kernel.lower as Lowering<never>;
    const inputs = formsOf(program, call);
    const isKnown = lower({ inputs, attributes: call.attributes as never, tiles: 'registers' }) !== undefined;
    if (!isKnown) return { obstacle: `there is no kernel for ${describeCall(call)}` };
    const dynamic = program.dynamic.filter((each) => each.call === i);
    if (dynamic.length > 0 && changing === undefined)
      return { obstacle: `${call.kernel} depends on what changes from step to step` };
    calls.push({ ...call, lower, changing, dynamic });
  }
  for (const rule of [joinDenseGradients, joinMasks, joinCrossEntropy, joinAdamSteps])
    rule(program, calls, homes);
  return calls.filter((call) => call !== undefined);
}

/** The forms of a call's inputs. */
export const formsOf = (
  { values }: Program,
  { inputs }: Pick<PlannedCall, 'inputs'>,
): { [name: string]: TensorForm } =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { value, shape }]) => [name, { shape, dtype: values[value].dtype }]),
  );

type Calls = (PlannedCall | undefined)[];

const isOf = (call: PlannedCall | undefined, name: string): call is PlannedCall =>
  call?.kernel === `HarmonicMLP.${name}`;

function joinDenseGradients(_: Program, calls: Calls): void {
  calls.forEach((call, i) => {
    if (!isOf(call, 'DenseKernelGradient')) return;
    const of = call.inputs.dy.value;
    const other = calls.findIndex((each) => isOf(each, 'DenseBiasGradient') && each.inputs.dy.value === of);
    if (other < 0) return;
    const bias = calls[other]!;
    // Both must find what they read at the place of the first.
    const first = Math.min(i, other);
    const isLate = (call: PlannedCall | undefined) =>
      call?.outputs.some(({ value }) => value === of || value === calls[i]!.inputs.x.value);
    if (calls.slice(first + 1, Math.max(i, other)).some(isLate)) return;
    calls[Math.max(i, other)] = undefined;
    calls[first] = {
      ...call,
      outputs: [...call.outputs, ...bias.outputs],
      lower: denseGradients as Lowering<never>,
    };
  });
}

function joinMasks(_: Program, calls: Calls): void {
  calls.forEach((call, i) => {
    if (!isOf(call, 'DropoutMask')) return;
    const mask = call.outputs[0].value;
    const other = calls.findIndex((each) => isOf(each, 'ApplyMask') && each.inputs.mask.value === mask);
    // Whoever reads the mask first must find it made.
    const first = calls.findIndex((each) => reads(each, mask));
    if (other < 0 || first < other) return;
    const apply = calls[other]!;
    calls[i] = undefined;
    calls[other] = {
      ...call,
      inputs: { x: apply.inputs.x },
      outputs: [...apply.outputs, ...call.outputs],
      lower: maskedDropout as Lowering<never>,
    };
  });
}

function joinCrossEntropy({ literals }: Program, calls: Calls): void {
  calls.forEach((call, i) => {
    if (!isOf(call, 'SoftmaxCrossEntropy')) return;
    const { logits, labels } = call.inputs;
    const [, probabilities] = call.outputs;
    const readers = calls.flatMap((each, at) => (reads(each, probabilities.value) ? [at] : []));
    const gradient = calls[readers[0]];
    if (readers.length !== 1 || !isOf(gradient, 'SoftmaxCrossEntropyGradient')) return;
    const dy = literals.find(({ value }) => value === gradient.inputs.dy.value);
    if (dy === undefined || gradient.inputs.labels.value !== labels.value) return;
    const count = calls.findIndex(
      (each) =>
        isOf(each, 'CountCorrect') &&
        each.inputs.logits.value === logits.value &&
        each.inputs.labels.value === labels.value,
    );
    const at = count < 0 ? i : Math.min(i, count);
    const counted = calls[count]?.outputs ?? [];
    for (const gone of [i, readers[0], ...(count < 0 ? [] : [count])]) calls[gone] = undefined;
    calls[at] = {
      ...call,
      attributes: { dy: dy.data[0] },
      outputs: [call.outputs[0], ...gradient.outputs, ...counted],
      lower: crossEntropyWithGradient as Lowering<never>,
    };
  });
}

function joinAdamSteps({ outputs, states }: Program, calls: Calls, homes: ReadonlyMap<number, number>): void {
  const kept = new Set([...outputs, ...Object.values(states).map(({ after }) => after)]);
  /** Whether a gradient is made for its step alone, so that it can be in one buffer with others. */
  const isFree = (gradient: number) =>
    !kept.has(gradient) &&
    calls.some((call) => call?.outputs.some(({ value }) => value === gradient)) &&
    calls.filter((call) => reads(call, gradient)).length === 1;
  let earlier: number | undefined;
  calls.forEach((call, i) => {
    if (!isOf(call, 'AdamStep') || !isFree(call.inputs.gradient.value) || !isInPlace(call, homes)) return;
    const first = earlier === undefined ? undefined : calls[earlier];
    const gradients = [first, call].flatMap((each) => each?.inputs.gradient ?? []);
    const isJoinable = jointSize(gradients) <= mostBound;
    if (first === undefined || !isJoinable || !isAlike(first, call) || between(calls, earlier!, i, first)) {
      earlier = i;
      return;
    }
    const suffixed = (inputs: PlannedCall['inputs'], suffix: string) =>
      Object.fromEntries(
        Object.entries(inputs).flatMap(([name, use]) =>
          name === 'gradientScale' && suffix === '2' ? [] : [[`${name}${suffix}`, use]],
        ),
      );
    calls[earlier!] = undefined;
    calls[i] = {
      ...call,
      inputs: { ...suffixed(first.inputs, ''), ...suffixed(call.inputs, '2') },
      outputs: [...first.outputs, ...call.outputs],
      lower: adamPair as Lowering<never>,
    };
    earlier = undefined;
  });
}

/** Whether a step writes where it reads: two that do not would have more buffers than every device lets a shader have. */
const isInPlace = ({ inputs, outputs }: PlannedCall, homes: ReadonlyMap<number, number>): boolean =>
  [inputs.parameter, inputs.firstMoment, inputs.secondMoment].every(
    ({ value }, i) => homes.get(outputs[i].value) === value,
  );

/** Whether two steps have the same attributes, which come from the same places, and the same factors of the gradient. */
const isAlike = (a: PlannedCall, b: PlannedCall): boolean =>
  a.inputs.gradientScale?.value === b.inputs.gradientScale?.value &&
  JSON.stringify([a.attributes, a.dynamic.map(({ source }) => source)]) ===
    JSON.stringify([b.attributes, b.dynamic.map(({ source }) => source)]);

/** Whether a call in between reads what an earlier one makes, or used. */
const between = (calls: Calls, first: number, last: number, { outputs, inputs }: PlannedCall): boolean =>
  calls
    .slice(first + 1, last)
    .some((call) =>
      [...outputs, ...Object.values(inputs)].some(
        ({ value }) => reads(call, value) && value !== inputs.gradientScale?.value,
      ),
    );

const reads = (call: PlannedCall | undefined, value: number): boolean =>
  call !== undefined && Object.values(call.inputs).some((use) => use.value === value);
