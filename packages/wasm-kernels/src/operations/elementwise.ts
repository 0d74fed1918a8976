import {
  cosine,
  type ElementwiseOperation,
  exponential,
  finer,
  gauss,
  gelu,
  hosc,
  hyperbolicSine,
  leakyRelu,
  sigmoid,
  silu,
  sinc,
  sine,
  tanh,
  wire,
} from '@harmonic-mlp/core';
import { type KernelHeap, sizeOf } from '../heap';
import { type OperationKernel, operationKernel } from './operation-kernel';

/** The addresses of a kernel's tensors, of `count` values each. */
interface Addresses {
  readonly count: number;
  readonly z: number;
  /** The output. */
  readonly y: number;
}

/** The kernels of an operation on each value and of its gradient. */
function kernelsOf<A extends object>(
  operation: ElementwiseOperation<A>,
  value: (heap: KernelHeap, addresses: Addresses, attributes: A) => void,
  gradient: (heap: KernelHeap, addresses: Addresses & { readonly dy: number }, attributes: A) => void,
): OperationKernel[] {
  return [
    operationKernel(operation, ({ z }, attributes, heap) => {
      const y = heap.allocate(z.shape);
      value(heap, { count: sizeOf(z), z: heap.address(z), y: heap.address(y) }, attributes);
      return y;
    }),
    operationKernel(operation.gradientOperation, ({ dy, z }, attributes, heap) => {
      const dz = heap.allocate(z.shape);
      const addresses = { count: sizeOf(z), dy: heap.address(dy), z: heap.address(z), y: heap.address(dz) };
      gradient(heap, addresses, attributes);
      return dz;
    }),
  ];
}

/** The activations that map each value by itself. */
export const elementwiseKernels = [
  ...kernelsOf(
    sine,
    ({ kernels }, { count, z, y }, { omega }) => kernels.sinusoid(false, count, z, omega, y),
    ({ kernels }, { count, dy, z, y }, { omega }) => kernels.sinusoidGradient(false, count, dy, z, omega, y),
  ),
  ...kernelsOf(
    cosine,
    ({ kernels }, { count, z, y }, { omega }) => kernels.sinusoid(true, count, z, omega, y),
    ({ kernels }, { count, dy, z, y }, { omega }) => kernels.sinusoidGradient(true, count, dy, z, omega, y),
  ),
  ...kernelsOf(
    finer,
    ({ kernels }, { count, z, y }, { omega }) => kernels.finer(count, z, omega, y),
    ({ kernels }, { count, dy, z, y }, { omega }) => kernels.finerGradient(count, dy, z, omega, y),
  ),
  ...kernelsOf(
    gauss,
    ({ kernels }, { count, z, y }, { scale }) => kernels.gauss(count, z, scale, y),
    ({ kernels }, { count, dy, z, y }, { scale }) => kernels.gaussGradient(count, dy, z, scale, y),
  ),
  ...kernelsOf(
    wire,
    ({ kernels, scratch }, { count, z, y }, { omega, scale }) =>
      kernels.wire(count, z, omega, scale, y, scratch),
    ({ kernels, scratch }, { count, dy, z, y }, { omega, scale }) =>
      kernels.wireGradient(count, dy, z, omega, scale, y, scratch),
  ),
  ...kernelsOf(
    hosc,
    ({ kernels, scratch }, { count, z, y }, { sharpness, omega }) =>
      kernels.hosc(count, z, sharpness, omega, y, scratch),
    ({ kernels, scratch }, { count, dy, z, y }, { sharpness, omega }) =>
      kernels.hoscGradient(count, dy, z, sharpness, omega, y, scratch),
  ),
  ...kernelsOf(
    sinc,
    ({ kernels, scratch }, { count, z, y }, { omega }) => kernels.sinc(count, z, omega, y, scratch),
    ({ kernels, scratch }, { count, dy, z, y }, { omega }) =>
      kernels.sincGradient(count, dy, z, omega, y, scratch),
  ),
  ...kernelsOf(
    hyperbolicSine,
    ({ kernels }, { count, z, y }) => kernels.hyperbolicSine(count, z, y),
    ({ kernels, scratch }, { count, dy, z, y }) => kernels.hyperbolicSineGradient(count, dy, z, y, scratch),
  ),
  ...kernelsOf(
    leakyRelu,
    ({ kernels }, { count, z, y }, { slope }) => kernels.leakyRelu(count, z, slope, y),
    ({ kernels }, { count, dy, z, y }, { slope }) => kernels.leakyReluGradient(count, dy, z, slope, y),
  ),
  ...kernelsOf(
    gelu,
    ({ kernels }, { count, z, y }) => kernels.gelu(count, z, y),
    ({ kernels }, { count, dy, z, y }) => kernels.geluGradient(count, dy, z, y),
  ),
  ...kernelsOf(
    silu,
    ({ kernels }, { count, z, y }) => kernels.silu(count, z, y),
    ({ kernels }, { count, dy, z, y }) => kernels.siluGradient(count, dy, z, y),
  ),
  ...kernelsOf(
    tanh,
    ({ kernels, scratch }, { count, z, y }) => kernels.tanh(count, z, y, scratch),
    ({ kernels }, { count, dy, z, y }) => kernels.tanhGradient(count, dy, z, y),
  ),
  ...kernelsOf(
    sigmoid,
    ({ kernels }, { count, z, y }) => kernels.sigmoid(count, z, y),
    ({ kernels }, { count, dy, z, y }) => kernels.sigmoidGradient(count, dy, z, y),
  ),
  ...kernelsOf(
    exponential,
    ({ kernels }, { count, z, y }) => kernels.exp(count, z, y),
    ({ kernels }, { count, dy, z, y }) => kernels.expGradient(count, dy, z, y),
  ),
];
