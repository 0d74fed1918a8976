import type { Dispatch } from './lowering';
import type { Shader } from './shader';

/** A shader, ready for a device. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** The pipelines of each device. */
const devices = new WeakMap<GPUDevice, Map<Shader, Pipeline>>();

/** The pipeline of a shader, which is made once for a device. Its parameters are at an offset that is given when it is dispatched. */
export function pipelineOf(device: GPUDevice, shader: Shader): Pipeline {
  let pipelines = devices.get(device);
  if (pipelines === undefined) {
    pipelines = new Map();
    devices.set(device, pipelines);
  }
  let made = pipelines.get(shader);
  if (made === undefined) {
    made = make(device, shader);
    pipelines.set(shader, made);
  }
  return made;
}

const compute = 4; // GPUShaderStage.COMPUTE, which Node does not have.

function make(device: GPUDevice, { name, reads, writes, code }: Shader): Pipeline {
  const buffers = [
    ...Array.from({ length: reads }, () => ({ type: 'read-only-storage' }) as const),
    ...Array.from({ length: writes }, () => ({ type: 'storage' }) as const),
    { type: 'uniform', hasDynamicOffset: true } as const,
  ];
  const layout = device.createBindGroupLayout({
    entries: buffers.map((buffer, binding) => ({ binding, visibility: compute, buffer })),
  });
  const pipeline = device.createComputePipeline({
    label: name,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ label: name, code }), entryPoint: 'main' },
  });
  return { pipeline, layout };
}

/** The bytes of a shader's parameters, a multiple of 16. */
export const parameterBytes = ({ parameters }: Shader): number => Math.ceil(parameters.length / 4) * 16;

/** Writes the parameters of a dispatch. */
export function writeParameters(
  { shader, parameters }: Pick<Dispatch, 'shader' | 'parameters'>,
  words: { readonly u32: Uint32Array; readonly f32: Float32Array },
  start: number,
): void {
  let at = start;
  for (const [name, type] of shader.parameters) words[type][at++] = parameters[name];
}
