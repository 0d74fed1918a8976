import { denseKernels } from './operations/dense';
import { register, type WasmKernelOptions, type WasmKernelReport } from './register';
import { stockKernels } from './stock/kernels';

export type { SimdLevel } from './kernel-module';
export {
  unregister as unregisterWasmKernels,
  type WasmKernelOptions,
  type WasmKernelReport,
} from './register';

export function registerWasmKernels(options?: WasmKernelOptions): Promise<WasmKernelReport> {
  return register([...denseKernels, ...stockKernels], options);
}
