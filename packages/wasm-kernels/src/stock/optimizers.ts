import {
  AdamOptimizer,
  engine,
  MomentumOptimizer,
  type NamedTensorMap,
  RMSPropOptimizer,
  SGDOptimizer,
  type Tensor,
  util,
  type Variable,
} from '@tensorflow/tfjs-core';
import { type Heap, sizeOf } from '../heap';
import { alone } from '../kernel-module';
import { linkedHeap } from '../linked-heap';
import type { WasmBackend } from '../wasm-backend';
import { replaceMethod } from './method-replacement';

/** A part of an optimizer's state: a tensor for each gradient, once there was one. */
type State = readonly ({ variable: Variable } | undefined)[];

/** A gradient by the name of its variable, if the loss depends on that. */
interface NamedGradient {
  name: string;
  tensor: Tensor | null | undefined;
}

/** A step of an optimizer. */
interface Step {
  /** What it has for each parameter. */
  readonly states: readonly State[];
  /** What it has besides. */
  readonly scalars?: readonly Variable[];
  /** Changes one parameter, given the addresses of its value, gradient, and new value, and of its states, which change in place. */
  change(count: number, w: number, g: number, newW: number, ...states: number[]): void;
  /** What follows the last parameter. */
  end?(): void;
}

/** The fields of tfjs's optimizers that a step needs; most are not in their types. */
interface AdamFields {
  accumulatedFirstMoment: State;
  accumulatedSecondMoment: State;
  accBeta1: Variable;
  accBeta2: Variable;
  beta1: number;
  beta2: number;
  epsilon: number;
  learningRate: number;
}

/** m, v, and β₁ᵗ, β₂ᵗ in scalars. */
function adam(fields: AdamFields, heap: Heap): Step {
  const { accumulatedFirstMoment, accumulatedSecondMoment, accBeta1, accBeta2 } = fields;
  const { beta1, beta2, epsilon, learningRate } = fields;
  const [power1, power2] = [accBeta1, accBeta2].map((power) => heap.floats(power)[0]);
  const rate = learningRate / (1 - power1);
  const scale = 1 / Math.sqrt(1 - power2);
  return {
    states: [accumulatedFirstMoment, accumulatedSecondMoment],
    scalars: [accBeta1, accBeta2],
    change(count, w, g, newW, m, v) {
      const betas = [beta1, 1 - beta1, beta2, 1 - beta2] as const;
      heap.kernels.adamStep(
        1,
        count,
        w,
        g,
        0,
        m,
        v,
        newW,
        m,
        v,
        ...betas,
        epsilon,
        0,
        1,
        scale,
        rate,
        ...alone,
      );
    },
    end() {
      heap.floats(accBeta1)[0] = power1 * Math.fround(beta1);
      heap.floats(accBeta2)[0] = power2 * Math.fround(beta2);
    },
  };
}

interface SgdFields {
  /** Minus the learning rate. */
  c: Tensor;
}

function sgd({ c }: SgdFields, heap: Heap): Step {
  const rate = -heap.floats(c)[0];
  return { states: [], change: (count, w, g, newW) => heap.kernels.descend(count, w, g, rate, newW) };
}

interface MomentumFields extends SgdFields {
  accumulations: State;
  m: Tensor;
  useNesterov: boolean;
}

function momentum({ accumulations, m, c, useNesterov }: MomentumFields, heap: Heap): Step {
  const [factor, rate] = [heap.floats(m)[0], -heap.floats(c)[0]];
  return {
    states: [accumulations],
    change: (count, w, g, newW, a) =>
      heap.kernels.momentumStep(count, w, g, a, newW, a, factor, rate, useNesterov),
  };
}

interface RmsPropFields {
  accumulatedMeanSquares: State;
  accumulatedMoments: State;
  centered: boolean;
  decay: number;
  momentum: number;
  epsilon: number;
  learningRate: number;
}

function rmsProp(fields: RmsPropFields, heap: Heap): Step | undefined {
  const { accumulatedMeanSquares, accumulatedMoments, centered, decay } = fields;
  const { momentum, epsilon, learningRate } = fields;
  if (centered) return undefined;
  return {
    states: [accumulatedMeanSquares, accumulatedMoments],
    change(count, w, g, newW, s, a) {
      const factors = [decay, 1 - decay, momentum, learningRate, epsilon] as const;
      heap.kernels.rmsPropStep(count, w, g, s, a, newW, s, a, ...factors);
    },
  };
}

/**
 * Replaces the steps of tfjs's optimizers on the wasm backend: one kernel for each parameter, instead of up to 14. Their state
 * remains where it is, so that an optimizer can be saved, restored, and go on with tfjs's own steps at any time. Anything else is
 * left to those: the first step, which makes the state, other backends, and state that others share.
 *
 * @returns what puts tfjs's own steps back.
 */
export function replaceOptimizers(): () => void {
  const replacements = [
    replaceSteps(AdamOptimizer, adam),
    replaceSteps(SGDOptimizer, sgd),
    replaceSteps(MomentumOptimizer, momentum),
    replaceSteps(RMSPropOptimizer, rmsProp),
  ];
  return () => {
    for (const putBack of replacements) putBack();
  };
}

function replaceSteps<Fields extends object>(
  { prototype }: { prototype: object },
  begin: (fields: Fields, heap: Heap) => Step | undefined,
): () => void {
  return replaceMethod<Fields & { incrementIterations(): void }, [NamedGradient[] | NamedTensorMap], void>(
    prototype,
    'applyGradients',
    (optimizer, earlier, gradients) => {
      const heap = linkedHeap(engine().registry[engine().backendName] as WasmBackend);
      const named = Array.isArray(gradients)
        ? gradients
        : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
      if (heap === undefined || !take(named, begin(optimizer, heap), heap)) return earlier(gradients);
      optimizer.incrementIterations();
    },
  );
}

/** Takes a step, unless some of it is not as expected, in which case nothing has changed. */
function take(gradients: readonly NamedGradient[], step: Step | undefined, heap: Heap): boolean {
  if (step === undefined) return false;
  const { states, scalars = [] } = step;
  const isOwn = (variable: Variable) => heap.data(variable).refCount === 1;
  if (!scalars.every(isOwn)) return false;
  const changes: { variable: Variable; gradient: Tensor; parts: Variable[] }[] = [];
  for (const [i, { name, tensor: gradient }] of gradients.entries()) {
    const parts = states.map((state) => state[i]?.variable).filter((part) => part !== undefined);
    if (parts.length < states.length) return false;
    // tfjs passes over parameters that the loss does not depend on.
    if (gradient === null || gradient === undefined) continue;
    const variable = engine().registeredVariables[name];
    const isAlike = ({ dtype, shape }: Tensor) =>
      dtype === 'float32' && util.arraysEqual(shape, variable.shape);
    if (![variable as Tensor, gradient, ...parts].every(isAlike) || !parts.every(isOwn)) return false;
    changes.push({ variable, gradient, parts });
  }
  for (const { variable, gradient, parts } of changes) {
    // A new tensor: others may share the old one, and tfjs keeps matrices that it has packed by the ids of their data.
    const info = heap.allocate(variable.shape);
    const addresses = [variable, gradient, info, ...parts].map((each) => heap.address(each));
    const [w, g, newW, ...own] = addresses;
    step.change(sizeOf(variable), w, g, newW, ...own);
    const next = engine().makeTensorFromTensorInfo(info, heap.backend);
    variable.assign(next);
    next.dispose();
  }
  step.end?.();
  return true;
}
