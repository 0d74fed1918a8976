import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { KernelFor, Operation, OperationInputs, OperationOutputs } from './operation';
import { requireOptions } from './requirements';

/** A kernel to put in the place of another one; see {@link KernelRegistry} and {@link kernelFor}. */
export interface KernelReplacement {
  /** The name that tfjs calls the kernel by. */
  readonly kernelName: string;
  /**
   * Computes the outputs. Calls `earlier`, the kernel that this one stands for, with whatever it does not handle
   * itself.
   */
  readonly kernelFunc: (call: Parameters<KernelFunc>[0], earlier: KernelFunc) => ReturnType<KernelFunc>;
  /**
   * What `earlier` runs where the backend has no kernel of this name: the composed form of an operation. Without it,
   * a kernel that is not there is not replaced.
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
 * The kernels that one package puts in the place of a backend's. What was there is put back by {@link restore}, to the
 * object.
 *
 * Kernels are tfjs's, by name, or those of operations. tfjs keeps them by the name of their backend, which need not
 * have started: it calls the set-up function of a kernel each time that its backend becomes the active one, and the
 * dispose function before the backend is removed. A replacement keeps both functions of the kernel that it stands for.
 *
 * Replacements do not stack: one of the same owner is replaced itself, also one made by a duplicate copy of that
 * package, as ESM and CJS in one program. Those of different owners do, the last one first, and may be taken back in
 * any order.
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
  /** What tfjs calls the backend. */
  readonly backend: string;
  /** The name of the package whose kernels these are. */
  readonly owner: string;
  /** What has been asked for, by kernel name; without a config where there was nothing to replace. */
  readonly #kernels = new Map<string, { kernel: KernelReplacement; config: KernelConfig | undefined }>();

  /**
   * Changes nothing yet.
   *
   * @param options `backend`: what tfjs calls the backend; `owner`: the name of the package whose kernels these are.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for options of other names.
   */
  constructor(options: { backend: string; owner: string }) {
    const example = "new KernelRegistry({ backend: 'cpu', owner: 'my-package' })";
    const { backend, owner } = requireOptions('options', options, example, { backend: true, owner: true });
    this.backend = backend;
    this.owner = owner;
  }

  /**
   * Puts kernels in the place of those that are there. One that is in its place already is left alone.
   *
   * @returns which of them are active now, and why the others are not.
   */
  replace(kernels: readonly KernelReplacement[]): KernelReport {
    for (const kernel of kernels) this.#replace(kernel);
    return this.report(kernels.map(({ kernelName }) => kernelName));
  }

  /**
   * Which kernels are active, and why the others are not.
   *
   * @param kernelNames the kernels to report on; default: all that have been asked for since the last {@link restore}.
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

  /** Puts back what was there before. A kernel that somebody else has registered since then stays. */
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
 * A kernel for an operation. Where the backend has none of that name, `earlier` is the operation's composed form.
 *
 * @param operation what it computes.
 * @param kernelFunc gets validated inputs, attributes and the backend, and the kernel that it stands for.
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

/** Where a replacement stands. */
interface Place {
  readonly owner: string;
  /** The kernel that it stands for, if there was one. */
  readonly earlier: KernelConfig | undefined;
  /** What stands for that one where there was none. */
  readonly composed: KernelFunc | undefined;
  /** Whether it has been taken back. One that is still called, because somebody kept it, passes calls on. */
  withdrawn: boolean;
}

/** The key of a replacement's place, by which duplicate copies of this package know each other's. */
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
  // Not enumerable: what others make of it by copying its properties is not ours.
  return Object.defineProperty(config, placeKey, { value: place });
}

/** The first kernel, from this one on, that has not been taken back. */
function firstStanding(config: KernelConfig | undefined): KernelConfig | undefined {
  let standing = config;
  for (let place = placeOf(standing); place?.withdrawn; place = placeOf(standing)) standing = place.earlier;
  return standing;
}

/** Has tfjs run the first kernel of a name that has not been taken back, and gives it. */
function settle(kernelName: string, backendName: string): KernelConfig | undefined {
  const current = getKernel(kernelName, backendName);
  const standing = firstStanding(current);
  if (standing === current) return current;
  unregisterKernel(kernelName, backendName);
  if (standing !== undefined) registerKernel(standing);
  return standing;
}
