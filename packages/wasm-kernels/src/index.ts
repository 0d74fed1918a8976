import { adamKernels } from './operations/adam';
import { batchNormKernels } from './operations/batch-norm';
import { crossEntropyKernels } from './operations/cross-entropy';
import { denseKernels } from './operations/dense';
import { dropoutKernels } from './operations/dropout';
import { harmonicKernels } from './operations/harmonic';
import { reluKernels } from './operations/relu';
import { register, type WasmKernelOptions, type WasmKernelReport } from './register';
import { stockKernels } from './stock/kernels';

export type { SimdLevel } from './kernel-module';
export {
  unregister as unregisterWasmKernels,
  type WasmKernelOptions,
  type WasmKernelReport,
} from './register';

const operationKernels = [
  ...denseKernels,
  ...harmonicKernels,
  ...reluKernels,
  ...batchNormKernels,
  ...dropoutKernels,
  ...crossEntropyKernels,
  ...adamKernels,
];

export function registerWasmKernels(options?: WasmKernelOptions): Promise<WasmKernelReport> {
  return register([...operationKernels, ...stockKernels], options);
}
