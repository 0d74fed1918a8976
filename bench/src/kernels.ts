import {
  registerWasmKernels,
  unregisterWasmKernels,
  type WasmKernelReport,
} from '@harmonic-mlp/wasm-kernels';
import {
  registerWasmKernels as registerStock,
  unregisterWasmKernels as unregisterStock,
} from '@harmonic-mlp/wasm-kernels/stock';
import type { Contender, Model } from './contender';

/** All kernels, or only the replacements of tfjs's own. */
export type KernelSet = 'all' | 'stock';

/** Runs something with the kernels registered, and leaves tfjs as it was. */
export async function withKernels<T>(set: KernelSet, run: () => Promise<T>): Promise<T> {
  await (set === 'all' ? registerWasmKernels() : registerStock());
  try {
    return await run();
  } finally {
    (set === 'all' ? unregisterWasmKernels : unregisterStock)();
  }
}

/** The registration's report on the kernels. */
export const inspectKernels = (): Promise<WasmKernelReport> =>
  registerWasmKernels().finally(unregisterWasmKernels);

/** A tfjs contender that works with the kernels registered. */
export function contenderWithKernels(contender: Contender): Contender {
  return {
    ...contender,
    async create(start) {
      const model = await contender.create(start);
      return {
        ...model,
        train: (steps, before) => withKernels('all', () => model.train(steps, before)),
        predict: (times) => withKernels('all', () => model.predict(times)),
        ...(model.epoch && { epoch: () => withKernels('all', () => model.epoch!()) }),
      } satisfies Model;
    },
  };
}
