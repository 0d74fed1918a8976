import { getKernel, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../../src/wasm-backend';

/**
 * Checks the inputs of each of these wasm backend kernels after every call.
 *
 * @returns the names of kernels that have changed an input, how often each kernel was called, and a function that stops
 *   watching.
 */
export function watchInputs(kernels: readonly string[]): {
  changed: string[];
  calls: Map<string, number>;
  release: () => void;
} {
  const changed: string[] = [];
  const calls = new Map<string, number>();
  const originals = kernels.map((name) => {
    const config = getKernel(name, 'wasm') as { kernelFunc: KernelFunc };
    const { kernelFunc } = config;
    config.kernelFunc = (call) => {
      const backend = call.backend as WasmBackend;
      const inputs = Object.values(call.inputs as { [name: string]: TensorInfo | TensorInfo[] }).flat();
      const bytesOf = ({ dataId }: TensorInfo) => backend.readSync(dataId);
      const before = inputs.map(bytesOf);
      const result = kernelFunc(call);
      calls.set(name, (calls.get(name) ?? 0) + 1);
      if (inputs.some((input, i) => !Object.is(`${bytesOf(input)}`, `${before[i]}`))) changed.push(name);
      return result;
    };
    return () => {
      config.kernelFunc = kernelFunc;
    };
  });
  return {
    changed,
    calls,
    release: () => {
      for (const restore of originals) restore();
    },
  };
}
