import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { KernelFor, Operation, OperationInputs, OperationOutputs } from './operation';
import { requireOptions } from './requirements';

/** A kernel that replaces another; see {@link KernelRegistry} and {@link kernelFor}. */
export interface KernelReplacement {
  /** The kernel's name in tfjs. */
  readonly kernelName: string;
  /** Computes the outputs. Calls `earlier`, the kernel it replaces, for anything it does not handle itself. */
  readonly kernelFunc: (call: Parameters<KernelFunc>[0], earlier: KernelFunc) => ReturnType<KernelFunc>;
  /**
   * What `earlier` runs if the backend has no kernel of this name: the composed form of an operation. If omitted, a missing
   * kernel is not replaced.
   */
  readonly composed?: KernelFunc;
}

/** Which kernels of a {@link KernelRegistry} are in use. */
export interface KernelReport {
  /** The names of the kernels that are in use. */
  active: string[];
  /** The others, and why they are not. */
  inactive: { kernel: string; reason: string }[];
}

/**
 * Replaces kernels of a backend with those of one package. {@link restore} puts back the very objects that were there before.
 *
 * The kernels can be tfjs's own, by name, or those of operations. tfjs stores kernels by backend name, and the backend need
 * not have started: tfjs calls a kernel's setup function each time its backend becomes active, and its dispose function
 * before the backend is removed. A replacement keeps both functions of the kernel it replaces.
 *
 * Replacements by the same owner do not stack: a new one takes the place of the earlier one, even if that was made by a
 * duplicate copy of the package, such as ESM and CJS in one program. Replacements by different owners stack, the last one
 * running first, and can be withdrawn in any order.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { KernelRegistry, kernelFor, relu } from '@harmonic-mlp/core';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const registry = new KernelRegistry({ backend: 'cpu', owner: 'my-package' });
 * const { active, inactive } = registry.replace([
 *   kernelFor(relu, (call, earlier) => {
 *     console.log(`relu of [${call.inputs.x.shape}]`);
 *     return earlier(call);
 *   }),
 *   { kernelName: 'Sin', kernelFunc: (call, earlier) => earlier(call) },
 * ]);
 * console.log(active, inactive);
 *
 * await tf.setBackend('cpu');
 * relu({ x: tf.tensor2d([[-1, 2]]) }).print();
 * registry.restore();
 * ```
 */
export class KernelRegistry {
  /** The backend's name in tfjs. */
  readonly backend: string;
  /** The name of the package whose kernels these are. */
  readonly owner: string;
  /** The requested replacements by kernel name; `config` is undefined where there was nothing to replace. */
  readonly #kernels = new Map<string, { kernel: KernelReplacement; config: KernelConfig | undefined }>();

  /**
   * Changes nothing yet.
   *
   * @param options `backend`: the backend's name in tfjs; `owner`: the name of the package whose kernels these are.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for unknown options.
   */
  constructor(options: { backend: string; owner: string }) {
    const example = "new KernelRegistry({ backend: 'cpu', owner: 'my-package' })";
    const { backend, owner } = requireOptions('options', options, example, { backend: true, owner: true });
    this.backend = backend;
    this.owner = owner;
  }

  /**
   * Replaces the current kernels with these. A kernel that is already in place is left alone.
   *
   * @returns which of them are now active, and why the others are not.
   */
  replace(kernels: readonly KernelReplacement[]): KernelReport {
    for (const kernel of kernels) this.#replace(kernel);
    return this.report(kernels.map(({ kernelName }) => kernelName));
  }

  /**
   * Reports which kernels are active, and why the others are not.
   *
   * @param kernelNames the kernels to report on. Default: all requested since the last {@link restore}.
   */
  report(kernelNames: Iterable<string> = this.#kernels.keys()): KernelReport {
    const report: KernelReport = { active: [], inactive: [] };
    for (const kernel of kernelNames) {
      const reason = this.#whyInactive(kernel);
      if (reason === undefined) report.active.push(kernel);
      else report.inactive.push({ kernel, reason });
    }
    return report;
  }

  /** Restores the earlier kernels. A kernel that other code has registered since then stays. */
  restore(): void {
    for (const [kernelName, { config }] of this.#kernels) {
      if (config === undefined) continue;
      placeOf(config)!.withdrawn = true;
      settle(kernelName, this.backend);
    }
    this.#kernels.clear();
  }

  #replace(kernel: KernelReplacement): void {
    const { backend, owner } = this;
    const { kernelName } = kernel;
    const current = getKernel(kernelName, backend);
    const known = this.#kernels.get(kernelName);
    if (current !== undefined && current === known?.config && kernel === known.kernel) return;

    for (let place = placeOf(current); place !== undefined; place = placeOf(place.earlier)) {
      if (place.owner === owner) place.withdrawn = true;
    }
    const earlier = settle(kernelName, backend);
    const composed = kernel.composed ?? placeOf(earlier)?.composed;
    const isComplete = earlier !== undefined || composed !== undefined;
    const config = isComplete ? configFor(kernel, backend, { owner, earlier, composed }) : undefined;
    this.#kernels.set(kernelName, { kernel, config });
    if (config === undefined) return;
    if (earlier !== undefined) unregisterKernel(kernelName, backend);
    registerKernel(config);
  }

  #whyInactive(kernelName: string): string | undefined {
    const known = this.#kernels.get(kernelName);
    if (known === undefined) return `${this.owner} has not replaced it.`;
    if (known.config === undefined) return `the ${this.backend} backend has no kernel of this name.`;
    if (getKernel(kernelName, this.backend) !== known.config)
      return 'another kernel has been registered in its place.';
    return undefined;
  }
}

/**
 * Makes a kernel for an operation. If the backend has none of that name, `earlier` is the operation's composed form.
 *
 * @param operation the operation it computes.
 * @param kernelFunc receives validated inputs, the attributes, and the backend, and the kernel it replaces.
 */
export function kernelFor<I extends OperationInputs, A extends object, O extends OperationOutputs>(
  operation: Operation<I, A, O>,
  kernelFunc: (
    call: Parameters<KernelFor<Operation<I, A, O>>>[0],
    earlier: KernelFor<Operation<I, A, O>>,
  ) => ReturnType<KernelFor<Operation<I, A, O>>>,
): KernelReplacement {
  return {
    kernelName: operation.kernelName,
    kernelFunc: kernelFunc as unknown as KernelReplacement['kernelFunc'],
    composed: operation.composedKernel,
  };
}

/** A replacement's position in the stack. */
interface Place {
  readonly owner: string;
  /** The kernel it replaces, if there was one. */
  readonly earlier: KernelConfig | undefined;
  /** What runs instead if there was none. */
  readonly composed: KernelFunc | undefined;
  /** Whether it has been withdrawn. If other code kept it and still calls it, it forwards the calls. */
  withdrawn: boolean;
}

/** The key of a replacement's place, by which duplicate copies of this package recognize each other's. */
const placeKey = Symbol.for('@harmonic-mlp/core kernel replacement');

const placeOf = (config: KernelConfig | undefined): Place | undefined =>
  (config as { [placeKey]?: Place } | undefined)?.[placeKey];

function configFor(
  kernel: KernelReplacement,
  backendName: string,
  { earlier, composed, owner }: Pick<Place, 'earlier' | 'composed' | 'owner'>,
): KernelConfig {
  const place: Place = { owner, earlier, composed, withdrawn: false };
  const callEarlier: KernelFunc = (call) => {
    const next = firstStanding(earlier);
    return next === undefined ? composed!(call) : next.kernelFunc(call);
  };
  const config: KernelConfig = {
    ...earlier, // Its set-up and dispose functions.
    kernelName: kernel.kernelName,
    backendName,
    kernelFunc: (call) => (place.withdrawn ? callEarlier(call) : kernel.kernelFunc(call, callEarlier)),
  };
  // Not enumerable: a config that others make by copying its properties is not ours.
  return Object.defineProperty(config, placeKey, { value: place });
}

/** The first kernel, from this one on, that has not been withdrawn. */
function firstStanding(config: KernelConfig | undefined): KernelConfig | undefined {
  let standing = config;
  for (let place = placeOf(standing); place?.withdrawn; place = placeOf(standing)) standing = place.earlier;
  return standing;
}

/** Makes tfjs run the first kernel of a name that has not been withdrawn, and returns it. */
function settle(kernelName: string, backendName: string): KernelConfig | undefined {
  const current = getKernel(kernelName, backendName);
  const standing = firstStanding(current);
  if (standing === current) return current;
  unregisterKernel(kernelName, backendName);
  if (standing !== undefined) registerKernel(standing);
  return standing;
}
