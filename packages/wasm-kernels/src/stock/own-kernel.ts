import {
  getKernel,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';

/** Whether the backend has kernels of its own; custom builds of tfjs may lack some. */
export const hasKernels = (...names: string[]): boolean =>
  names.every((name) => getKernel(name, 'wasm') !== undefined);

/** Runs one of the backend's own kernels. */
export function runKernel(
  { backend }: Heap,
  name: string,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap = {},
): TensorInfo {
  return getKernel(name, 'wasm').kernelFunc({ inputs, attrs, backend }) as TensorInfo;
}

/** Runs one of the backend's own kernels on a tensor, among others, that nothing else needs, and frees it. */
export function replace(
  heap: Heap,
  tensor: TensorInfo,
  name: string,
  inputs: NamedTensorInfoMap,
  attrs?: NamedAttrMap,
): TensorInfo {
  return freeing(heap, [tensor], () => runKernel(heap, name, inputs, attrs));
}

/** The result of a function, after which some tensors are freed. */
export function freeing(
  { backend }: Heap,
  tensors: readonly TensorInfo[],
  compute: () => TensorInfo,
): TensorInfo {
  try {
    return compute();
  } finally {
    for (const { dataId } of tensors) backend.disposeData(dataId);
  }
}
