import type { Dispatch } from './lowering';
import type { Shader } from './shader';

/** A shader, ready for a device. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** The shaders of a device that have been compiled, and why others cannot be. */
interface Compiled {
  readonly pipelines: Map<Shader, Pipeline>;
  readonly broken: Map<Shader, string>;
}

const devices = new WeakMap<GPUDevice, Compiled>();

function compiledOn(device: GPUDevice): Compiled {
  const compiled = devices.get(device) ?? { pipelines: new Map(), broken: new Map() };
  devices.set(device, compiled);
  return compiled;
}

/** The pipeline of a shader, which is made once for a device. Its parameters are at an offset that is given when it is dispatched. */
export function pipelineOf(device: GPUDevice, shader: Shader): Pipeline {
  const { pipelines } = compiledOn(device);
  let made = pipelines.get(shader);
  if (made === undefined) {
    const { layout, descriptor } = describe(device, shader);
    made = { layout, pipeline: device.createComputePipeline(descriptor) };
    pipelines.set(shader, made);
  }
  return made;
}

/** Compiles shaders, as many at once as the device likes; {@link isBroken} tells of those that it cannot compile. */
export async function compile(device: GPUDevice, shaders: readonly Shader[]): Promise<void> {
  const { pipelines, broken } = compiledOn(device);
  // What is wrong with a module is reported by itself as well.
  device.pushErrorScope('validation');
  const compiling = Promise.all(
    shaders.map(async (shader) => {
      if (pipelines.has(shader) || broken.has(shader)) return;
      const { layout, descriptor } = describe(device, shader);
      try {
        pipelines.set(shader, { layout, pipeline: await device.createComputePipelineAsync(descriptor) });
      } catch (error) {
        broken.set(shader, (error as Error).message.trim().split('\n')[0]);
      }
    }),
  );
  // All have been begun, and it holds what was wrong with beginning them.
  await Promise.all([device.popErrorScope(), compiling]);
}

/** Whether a device cannot compile a shader. */
export const isBroken = (device: GPUDevice, shader: Shader): boolean =>
  devices.get(device)?.broken.has(shader.original ?? shader) ?? false;

/** The shaders that a device cannot compile, and why. */
export const brokenShaders = (device: GPUDevice): ReadonlyMap<Shader, string> => compiledOn(device).broken;

const compute = 4; // GPUShaderStage.COMPUTE, which Node does not have.

function describe(device: GPUDevice, { name, reads, writes, code }: Shader) {
  const buffers = [
    ...Array.from({ length: reads }, () => ({ type: 'read-only-storage' }) as const),
    ...Array.from({ length: writes }, () => ({ type: 'storage' }) as const),
    { type: 'uniform', hasDynamicOffset: true } as const,
  ];
  const layout = device.createBindGroupLayout({
    entries: buffers.map((buffer, binding) => ({ binding, visibility: compute, buffer })),
  });
  const descriptor: GPUComputePipelineDescriptor = {
    label: name,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ label: name, code }), entryPoint: 'main' },
  };
  return { layout, descriptor };
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
