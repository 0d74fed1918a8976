import { tmpdir } from 'node:os';

/** Multiply-adds of four numbers that an invocation has in flight, so that none waits for the one before. */
const chains = 8;
/** A turn of the loop repeats them this often. */
const unrolled = 4;
const invocations = 2 ** 20;
const sampleSeconds = 0.05;

const names = Array.from({ length: chains }, (_, i) => `s${i}`);
const shader = `
@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<uniform> turns: u32;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = vec4f(0.999, 0.998, 0.997, 0.996);
  let term = vec4f(f32(id.x & 3u) * 1e-3);
${names.map((name, i) => `  var ${name} = vec4f(${i}.5);`).join('\n')}
  for (var turn = 0u; turn < turns; turn++) {
${Array(unrolled)
  .fill(names.map((name) => `    ${name} = fma(${name}, factor, term);`).join('\n'))
  .join('\n')}
  }
  sums[id.x] = dot(${names.join(' + ')}, vec4f(1));
}`;

// Dawn crashes when an instance is collected before everything that came from it.
const instances: GPU[] = [];

/**
 * The operations per second of multiply-adds on this machine's graphics adapter, in 10⁹, where each counts as two, and what it says of
 * its driver; undefined without one.
 * Products can reach no more.
 */
export async function measureGpuPeak(): Promise<{ gflops: number; driver: string } | undefined> {
  const dawn = await import('webgpu').catch(() => undefined);
  if (dawn === undefined) return undefined;
  Object.assign(globalThis, dawn.globals);
  // Drivers that can also draw into windows complain where there can be none.
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  // As the command line does, since it is its adapter that is meant.
  const implementation = { linux: 'vulkan', darwin: 'metal', win32: 'd3d12' }[process.platform as string];
  const gpu = dawn.create(implementation === undefined ? [] : [`backend=${implementation}`]);
  instances.push(gpu);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return undefined;
  const device = await adapter.requestDevice();
  try {
    return { gflops: await rateOn(device), driver: adapter.info.description };
  } finally {
    device.destroy();
  }
}

async function rateOn(device: GPUDevice): Promise<number> {
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: shader }) },
  });
  const sums = device.createBuffer({ size: 4 * invocations, usage: GPUBufferUsage.STORAGE });
  const turns = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [sums, turns].map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  /** The seconds that so many turns of each invocation take. */
  const time = async (count: number): Promise<number> => {
    device.queue.writeBuffer(turns, 0, Uint32Array.of(count));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(invocations / 256);
    pass.end();
    const commands = encoder.finish();
    await device.queue.onSubmittedWorkDone();
    const started = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - started) / 1000;
  };
  const each = invocations * chains * unrolled * 4 * 2;
  await time(1);
  let count = 1;
  for (let seconds = await time(count); seconds < sampleSeconds; seconds = await time(count)) count *= 2;
  let best = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < 5; sample++) best = Math.min(best, await time(count));
  return (each * count) / best / 1e9;
}
