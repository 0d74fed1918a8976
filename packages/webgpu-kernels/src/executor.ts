import { findOverwritten, type ProgramExecutor } from '@harmonic-mlp/core/program';
import { engine, type KernelBackend } from '@tensorflow/tfjs-core';
import { floats } from './floats';
import { sizeOf } from './lowering';
import { type OperationKernel, operationKernels } from './operations';
import { isBroken } from './pipelines';
import { fused, type ProgramKernel } from './program/fuse';
import { homesOf, planOf } from './program/plan';
import { stockKernels } from './program/stock';
import { WebgpuProgram } from './program/webgpu-program';
import { isActive, startedBackend } from './register';
import { tilesOf } from './webgpu-backend';

const operations: ReadonlyMap<string, OperationKernel> = /* @__PURE__ */ new Map(
  operationKernels.map((kernel) => [kernel.operation.kernelName, kernel]),
);
const kernels: ReadonlyMap<string, ProgramKernel> = /* @__PURE__ */ new Map<string, ProgramKernel>([
  ...stockKernels.map((kernel) => [kernel.kernelName, kernel] as const),
  ...operations,
]);

/** What runs programs with the kernels. */
export const webgpuExecutor: ProgramExecutor = {
  name: '@harmonic-mlp/webgpu-kernels',
  copy(tensor) {
    const backend = startedBackend()!;
    if (backend.tensorMap.get(tensor.dataId).dtype !== tensor.dtype) return undefined;
    const info = backend.makeTensorInfo(tensor.shape, tensor.dtype);
    for (const { dataId } of [tensor, info]) {
      backend.uploadToGPU(dataId);
      backend.commandQueueOwnedIds.add(dataId);
    }
    const [source, target] = [tensor, info].map(({ dataId }) => backend.tensorMap.get(dataId).resource);
    backend.endComputePassEncoder();
    backend.ensureCommandEncoderReady();
    backend.commandEncoder!.copyBufferToBuffer(source, 0, target, 0, 4 * sizeOf(tensor));
    return engine().makeTensorFromTensorInfo(info, backend as unknown as KernelBackend);
  },
  compile(program, constants) {
    const backend = startedBackend();
    const isUsed = () => program.calls.every(({ kernel }) => !operations.has(kernel) || isActive(kernel));
    if (backend === undefined || !isUsed()) return { obstacle: 'the kernels are not in use' };
    const strange = program.values.find(
      ({ dtype, shape }) => !['float32', 'int32', 'bool'].includes(dtype) || shape.includes(0),
    );
    if (strange !== undefined)
      return { obstacle: `it has a tensor of ${strange.dtype} and the shape [${strange.shape}]` };
    const overwritten = findOverwritten(program);
    if (overwritten !== undefined) return { obstacle: `it keeps what ${overwritten} was before the step` };
    const { homes, copies } = homesOf(program);
    const calls = fused(program, kernels, homes);
    if ('obstacle' in calls) return calls;
    const plan = planOf(program, calls, { tiles: tilesOf(backend), homes });
    const shaders = [...plan.dispatches.map(({ shader }) => shader), floats];
    const broken = shaders.find((shader) => isBroken(backend.device, shader));
    if (broken !== undefined) return { obstacle: `the device cannot compile its shader ${broken.name}` };
    const isInUse = () => startedBackend() === backend && isUsed();
    return new WebgpuProgram(program, constants, { plan, homes, copies, backend, isInUse });
  },
};
