import {
  backend,
  engine,
  type GradConfig,
  getBackend,
  getGradient,
  getKernel,
  type KernelBackend,
  type KernelFunc,
  registerGradient,
  registerKernel,
  type Tensor,
  type TensorInfo,
  tidy,
} from '@tensorflow/tfjs-core';
import { noteDynamicAttributes } from './dynamic-attributes';

/** Named tensor inputs; optional ones may be omitted. */
export type OperationInputs = { readonly [name: string]: Tensor | undefined };

/** One tensor, or a fixed list of them. */
export type OperationOutputs = Tensor | Tensor[];

/** What defines an operation; see {@link defineOperation}. */
export interface OperationDefinition<
  I extends OperationInputs,
  A extends object,
  O extends OperationOutputs,
> {
  /** The name under which a backend registers a kernel for it. */
  readonly name: `HarmonicMLP.${string}`;
  /** Rejects shapes that the operation is not defined for, before any kernel sees them. */
  validate?(inputs: I, attributes: A): void;
  /** The operation in terms of tfjs-core's own operations; runs if a backend has no kernel for it. */
  compose(inputs: I, attributes: A): O;
  /**
   * The attributes whose values may differ between two executions of a recorded step, for tensors of the same shapes: the
   * learning rate, the step number, the key of a dropout mask. An executor reads them again at each step, as JAX does with
   * dynamic arguments and tinygrad's TinyJit with the values of variables. All others are constants of a recording: if one
   * changes, the step has to be recorded again. Default: none.
   */
  readonly dynamicAttributes?: readonly (keyof A & string)[];
  /** The inputs that the backward pass needs, in the order it receives them. */
  readonly savedInputs?: readonly (keyof I & string)[];
  /** The outputs it needs; they follow the inputs. */
  readonly savedOutputs?: readonly boolean[];
  /**
   * The gradient of every differentiable input, each computed only when called. `dy` is the gradient of the output, or the
   * list of the gradients of all outputs.
   */
  gradient?(
    dy: O extends Tensor[] ? Tensor[] : Tensor,
    saved: Tensor[],
    attributes: A,
  ): { [K in keyof I]?: () => Tensor };
}

/** A callable operation; see {@link defineOperation}. */
export interface Operation<I extends OperationInputs, A extends object, O extends OperationOutputs> {
  (...args: object extends A ? [inputs: I, attributes?: A] : [inputs: I, attributes: A]): O;
  /** The name under which a backend registers a kernel for it. */
  readonly kernelName: `HarmonicMLP.${string}`;
  /** The definition it was made from. */
  readonly definition: OperationDefinition<I, A, O>;
  /** The composed form as a kernel, for any backend. */
  readonly composedKernel: KernelFunc;
}

/**
 * The type of a kernel for an operation, to be registered with a {@link KernelRegistry}. Shapes are validated before it is
 * called.
 *
 * @example
 * ```ts
 * import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
 *
 * const rectify: KernelFor<typeof relu> = ({ inputs: { x }, backend }) => {
 *   const wasm = backend as BackendWasm;
 *   const y = wasm.makeOutput(x.shape, 'float32');
 *   const values = wasm.typedArrayFromHeap(x).map((value) => Math.max(0, value));
 *   wasm.typedArrayFromHeap(y).set(values);
 *   return y;
 * };
 * ```
 */
export type KernelFor<T> =
  T extends Operation<infer I, infer A, infer O>
    ? (call: {
        inputs: { readonly [K in keyof I]: I[K] extends Tensor ? TensorInfo : TensorInfo | undefined };
        attrs: A;
        backend: KernelBackend;
      }) => O extends Tensor[] ? TensorInfo[] : TensorInfo
    : never;

/**
 * Makes an operation from its composed form, its gradient, and its name.
 *
 * A call always runs the kernel of that name on the active backend. If the backend has none, the composed form is registered
 * as its kernel on the first call, so that a package of faster kernels can replace it by registering another, and callers
 * never know which one ran. The gradient is also registered on the first call: importing this module registers nothing.
 */
// Lets bundlers drop operations that a page does not use.
/* @__NO_SIDE_EFFECTS__ */
export function defineOperation<I extends OperationInputs, A extends object, O extends OperationOutputs>(
  definition: OperationDefinition<I, A, O>,
): Operation<I, A, O> {
  const { name, validate, gradient } = definition;
  const composedKernel: KernelFunc = ({ inputs, attrs }) =>
    tidy(() => definition.compose(inputs as I, attrs as A)) as TensorInfo | TensorInfo[];

  const call = (inputs: I, attributes: A = {} as A): O => {
    validate?.(inputs, attributes);
    noteDynamicAttributes(name, definition.dynamicAttributes ?? []);
    backend(); // If no backend has been chosen yet, tfjs chooses one now, and getBackend then knows its name.
    const backendName = getBackend();
    if (getKernel(name, backendName) === undefined) {
      registerKernel({ kernelName: name, backendName, kernelFunc: composedKernel });
    }
    if (gradient !== undefined && getGradient(name) === undefined) {
      registerGradient({
        kernelName: name,
        inputsToSave: [...(definition.savedInputs ?? [])],
        outputsToSave: [...(definition.savedOutputs ?? [])],
        gradFunc: (dy, saved, attrs) => gradient(dy as never, saved as Tensor[], attrs as A),
      } as GradConfig);
    }
    return engine().runKernel(name, withoutMissing(inputs) as never, attributes as never) as O;
  };
  return Object.assign(call, { kernelName: name, definition, composedKernel }) as Operation<I, A, O>;
}

/** tfjs iterates over every key of the inputs, so the key of an omitted input must be absent. */
function withoutMissing(inputs: OperationInputs): OperationInputs {
  for (const name in inputs) {
    if (inputs[name] !== undefined) continue;
    return Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor !== undefined));
  }
  return inputs;
}
