import type { KernelReplacement } from '@harmonic-mlp/core';
import { env, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { floats } from './floats';
import { type BufferUse, type Dispatch, float, input, output, sizeOf, type TensorForm } from './lowering';
import type { OperationKernel } from './operations';
import { isBroken, parameterBytes, pipelineOf, writeParameters } from './pipelines';
import { groupsFor } from './shader';
import { tilesOf, type WebgpuBackend } from './webgpu-backend';

type Tensors = { readonly [name: string]: TensorInfo };

/** The kernel of an operation, in place of the composed form, for float32 tensors (int32 labels). */
export const eagerKernel = (kernel: OperationKernel): KernelReplacement => ({
  kernelName: kernel.operation.kernelName,
  composed: kernel.operation.composedKernel,
  kernelFunc(call, earlier) {
    const inputs = call.inputs as Tensors;
    const isKnown = Object.entries(inputs).every(
      ([name, tensor]) => tensor.dtype === typeOf(name) && sizeOf(tensor) > 0,
    );
    if (!isKnown) return earlier(call);
    const backend = call.backend as unknown as WebgpuBackend;
    return (compute(backend, kernel, inputs, call.attrs as never) ?? earlier(call)) as ReturnType<KernelFunc>;
  },
});

/** The type of an operation's input. */
const typeOf = (name: string) => (name === 'labels' ? 'int32' : 'float32');

/** Computes an operation; undefined if the device cannot compile one of its shaders. */
function compute(
  backend: WebgpuBackend,
  { lower }: OperationKernel,
  given: Tensors,
  attributes: never,
): TensorInfo | TensorInfo[] | undefined {
  const lowered = lower({ inputs: given, attributes, tiles: tilesOf(backend) });
  if (
    [floats, ...lowered.dispatches.map(({ shader }) => shader)].some((each) => isBroken(backend.device, each))
  )
    return undefined;
  const temporary: TensorInfo[] = [];
  const make = ({ shape, dtype }: TensorForm) => backend.makeTensorInfo([...shape], dtype);
  const makeTemporary = (shape: readonly number[]) => {
    temporary.push(make(float(shape)));
    return temporary.at(-1)!;
  };
  const inputs = Object.fromEntries(
    Object.entries(given).map(([name, tensor]) => {
      // tfjs casts integers to floats without converting them, and notes what they are.
      if (backend.tensorMap.get(tensor.dataId).dtype === typeOf(name)) return [name, tensor];
      const converted = makeTemporary(tensor.shape);
      record(backend, toFloats(tensor), { inputs: { x: tensor }, outputs: [converted], temporaries: [] });
      return [name, converted];
    }),
  );
  const outputs = lowered.outputs.map(make);
  const temporaries = (lowered.temporaries ?? []).map((size) => makeTemporary([size]));
  for (const dispatch of lowered.dispatches) record(backend, dispatch, { inputs, outputs, temporaries });
  for (const { dataId } of temporary) backend.disposeData(dataId);
  if (backend.dispatchCountInPass >= (env().get('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE') as number)) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  return outputs.length === 1 ? outputs[0] : outputs;
}

const toFloats = (tensor: TensorInfo): Dispatch => ({
  shader: floats,
  buffers: [input('x'), output(0)],
  parameters: { count: sizeOf(tensor) },
  groups: groupsFor(sizeOf(tensor)),
});

const uniformUsage = 0x8 | 0x40; // GPUBufferUsage.COPY_DST | UNIFORM, which Node does not have.

/** Adds a dispatch to the commands that tfjs has not submitted yet. */
function record(
  backend: WebgpuBackend,
  dispatch: Dispatch,
  tensors: { inputs: Tensors; outputs: readonly TensorInfo[]; temporaries: readonly TensorInfo[] },
): void {
  const { device } = backend;
  const { shader, buffers, groups } = dispatch;
  const { pipeline, layout } = pipelineOf(device, shader);
  const used = buffers.map((use) => tensorOf(use, tensors));
  const storage = used.map(({ dataId }) => {
    backend.uploadToGPU(dataId);
    // Until the commands are submitted, its buffer must not be used for anything else.
    backend.commandQueueOwnedIds.add(dataId);
    return backend.tensorMap.get(dataId).resource;
  });
  const words = new ArrayBuffer(parameterBytes(shader));
  writeParameters(dispatch, { u32: new Uint32Array(words), f32: new Float32Array(words) }, 0);
  const uniform = backend.bufferManager.acquireBuffer(words.byteLength, uniformUsage);
  device.queue.writeBuffer(uniform, 0, words);
  backend.uniformPendingDisposal.push(uniform);
  const bindGroup = device.createBindGroup({
    layout,
    entries: [...storage, uniform].map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  backend.ensureCommandEncoderReady();
  backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
  const pass = backend.computePassEncoder;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup, [0]);
  pass.dispatchWorkgroups(groups[0], groups[1]);
  backend.dispatchCountInPass++;
}

function tensorOf(
  use: BufferUse,
  { inputs, outputs, temporaries }: Parameters<typeof record>[2],
): TensorInfo {
  if ('input' in use) return inputs[use.input];
  if ('output' in use) return outputs[use.output];
  return temporaries[(use as { temporary: number }).temporary];
}
