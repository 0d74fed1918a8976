import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelHeap } from '../heap';

/** The gradient of `amplitude·sin(2π·z/p + φ)` by the periods, [units]. */
export function periodGradient(
  {
    dy,
    z,
    periods,
    phases,
  }: {
    readonly dy: TensorInfo;
    readonly z: TensorInfo;
    readonly periods: TensorInfo;
    /** Default: zeros. */
    readonly phases?: TensorInfo;
  },
  amplitude: number,
  heap: KernelHeap,
): TensorInfo {
  const [batch, units] = z.shape;
  const gradient = heap.allocate([units]);
  heap.kernels.periodGradient(
    batch,
    units,
    heap.address(dy),
    heap.address(z),
    heap.address(periods),
    heap.address(phases),
    amplitude,
    heap.address(gradient),
    heap.scratch,
  );
  return gradient;
}
