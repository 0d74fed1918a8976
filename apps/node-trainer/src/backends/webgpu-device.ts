import { tmpdir } from 'node:os';
import { pnpmCommand } from '../command-line';
import { TrainerError } from '../errors';
import { BackendMissing } from './backend';

/** The interface through which Dawn reaches adapters on each system, and what to do if it finds none. */
const systems: Partial<Record<NodeJS.Platform, { option: string; title: string; remedy: string }>> = {
  linux: {
    option: 'vulkan',
    title: 'Vulkan',
    remedy:
      "If there is one, install its Vulkan driver and Vulkan's loader (libvulkan1 on Debian and Ubuntu); a container with an NVIDIA card also needs NVIDIA_DRIVER_CAPABILITIES=all.",
  },
  darwin: { option: 'metal', title: 'Metal', remedy: 'A Mac with Metal is needed.' },
  win32: {
    option: 'd3d12',
    title: 'Direct3D 12',
    remedy: 'If there is one, install its driver for Direct3D 12.',
  },
};
const system = systems[process.platform];

/** Programs that emulate an adapter, and how to recognize their names. */
const software: [name: string, pattern: RegExp][] = [
  ['SwiftShader', /swiftshader/i],
  ['lavapipe', /llvmpipe|lavapipe/i],
  ['WARP', /basic.render|\bwarp\b/i],
];

const deviceFailure = (problem: string, fix?: string) => new TrainerError('DEVICE_FAILED', { problem, fix });

const memory = (what: string) =>
  deviceFailure(
    `The graphics adapter does not have enough memory for this (${what}).`,
    'Use a smaller --hidden or --batch-size.',
  );

// Dawn crashes when an instance is collected before everything that came from it.
const instances: GPU[] = [];

/** A device of this machine's graphics adapter, opened through Dawn, Chromium's WebGPU. */
export class GraphicsDevice {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  /** What the adapter is called. */
  readonly name: string;
  /** Whether it is a program that emulates an adapter. */
  readonly isSoftware: boolean;
  /** Both, in words. */
  readonly description: string;
  /** Rejects when the device is lost, or fails to do what it is told. */
  readonly failure: Promise<never>;
  /** How it failed, if it did. */
  failed: TrainerError | undefined;

  readonly #reject: (failure: TrainerError) => void;
  #closed = false;

  private constructor(device: GPUDevice, info: GPUAdapterInfo) {
    this.device = device;
    this.info = info;
    const all = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
    const program = software.find(([, pattern]) => pattern.test(all))?.[0];
    this.isSoftware = info.isFallbackAdapter || program !== undefined;
    this.name = (this.isSoftware && info.description) || nameOf(info);
    this.description = this.isSoftware
      ? `${program ?? this.name}, a software adapter`
      : `${this.name}${system ? ` (${system.title})` : ''}`;

    let reject: (failure: TrainerError) => void = () => {};
    this.failure = new Promise((_, rejectIt) => {
      reject = rejectIt;
    });
    this.#reject = reject;
    this.failure.catch(() => {}); // Nobody need be waiting for it.
    device.lost.then(({ message }) => {
      if (this.#closed) return;
      this.fail(deviceFailure(`The graphics adapter was lost during the work (${firstLine(message)}).`));
    });
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault(); // Otherwise Dawn prints it.
      const { error } = event as GPUUncapturedErrorEvent;
      const what = firstLine(error.message);
      const isMemory =
        error instanceof GPUOutOfMemoryError ||
        /exceeds the max|larger than the max|out of memory/i.test(what);
      this.fail(
        isMemory
          ? memory(what)
          : deviceFailure(`The graphics adapter failed (${what}).`, 'Update its driver.'),
      );
    });
    // Dawn crashes if the process exits while the device is still at work.
    process.once('exit', this.close);
  }

  /**
   * Opens a device of the fastest adapter.
   *
   * @param adapter `null`: one that does nothing.
   * @throws {BackendMissing} when Dawn or an adapter is missing.
   */
  static async open(adapter?: 'null'): Promise<GraphicsDevice> {
    const { create, globals } = await load(() => import('webgpu'), 'webgpu');
    Object.assign(globalThis, globals);
    const found = await findAdapter(create, adapter ?? system?.option);
    const { features, limits, info } = found;
    try {
      const device = await found.requestDevice({
        // To time kernels.
        requiredFeatures: features.has('timestamp-query') ? ['timestamp-query'] : [],
        // By default a device has the limits that every adapter supports.
        requiredLimits: {
          maxBufferSize: limits.maxBufferSize,
          maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
          maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
          maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
          maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
          maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
        },
      });
      if (adapter === 'null') readZeros(device);
      return new GraphicsDevice(device, info);
    } catch (error) {
      const what = firstLine((error as Error).message);
      throw new BackendMissing('webgpu', `${nameOf(info)} gives no device: ${what}.`, 'Update its driver.', {
        cause: error,
      });
    }
  }

  /** Notes that it has failed; the first failure counts, since others follow from it. */
  fail(failure: TrainerError): TrainerError {
    this.failed ??= failure;
    this.#reject(this.failed);
    return this.failed;
  }

  /** Like {@link fail}, for a lack of memory. */
  failForMemory(error: Error): TrainerError {
    return this.fail(memory(firstLine(error.message)));
  }

  /** Destroys the device once it has done the work that it was given. */
  readonly close = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    process.off('exit', this.close);
    this.device.destroy();
  };
}

/** Has all that is read be 0: an adapter that computes nothing leaves in its buffers whatever was in memory, such as NaN. */
function readZeros(device: GPUDevice): void {
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    if (descriptor.usage & GPUBufferUsage.MAP_READ) {
      const getMappedRange = buffer.getMappedRange.bind(buffer);
      buffer.getMappedRange = (...range) => {
        const read = getMappedRange(...range);
        new Uint8Array(read).fill(0);
        return read;
      };
    }
    return buffer;
  };
}

async function findAdapter(
  create: (options: string[]) => GPU,
  implementation: string | undefined,
): Promise<GPUAdapter> {
  // Drivers that can also draw into windows complain where there can be none.
  const { XDG_RUNTIME_DIR } = process.env;
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  try {
    const gpu = create(implementation === undefined ? [] : [`backend=${implementation}`]);
    instances.push(gpu);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter !== null) return adapter;
  } finally {
    if (XDG_RUNTIME_DIR === undefined) delete process.env.XDG_RUNTIME_DIR;
  }
  throw new BackendMissing(
    'webgpu',
    'No graphics card was found.',
    system?.remedy ?? 'It needs Linux, macOS, or Windows.',
  );
}

/**
 * Loads an optional package.
 *
 * @throws {BackendMissing} when it is not installed, or does not work on this system.
 */
export async function load<T>(importIt: () => Promise<T>, name: string): Promise<T> {
  try {
    return await importIt();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = (reason: string, remedy: string) =>
      new BackendMissing('webgpu', reason, remedy, { cause: error });
    switch (code) {
      case 'ERR_MODULE_NOT_FOUND':
        throw missing(`Its package ${name} is not installed.`, `Run ${pnpmCommand('install')}.`);
      case 'MODULE_NOT_FOUND':
        throw missing(
          `Its package ${name} does not support ${process.platform} on ${process.arch}.`,
          'Use another --backend.',
        );
      case 'ERR_DLOPEN_FAILED':
        throw missing(
          `Its package ${name} does not load here: ${firstLine(message)}.`,
          process.platform === 'linux'
            ? 'It needs glibc 2.34 and the libstdc++ of GCC 12, as in Debian 12 and Ubuntu 22.04, or later.'
            : 'Use another --backend.',
        );
      default:
        throw error;
    }
  }
}

const spellings: Record<string, string> = {
  amd: 'AMD',
  geforce: 'GeForce',
  gtx: 'GTX',
  nvidia: 'NVIDIA',
  rtx: 'RTX',
  rx: 'RX',
  xt: 'XT',
  xtx: 'XTX',
};

/** An adapter's usual name: WebGPU says "nvidia-h100-80gb-hbm3". */
export function nameOf({
  device,
  description,
  vendor,
  architecture,
}: Pick<GPUAdapterInfo, 'device' | 'description' | 'vendor' | 'architecture'>): string {
  const words = (device || description || `${vendor} ${architecture}`).split(/[\s-]+/).filter(Boolean);
  const spelt = (word: string) =>
    spellings[word] ?? (/\d/.test(word) ? word.toUpperCase() : word[0].toUpperCase() + word.slice(1));
  return words.map(spelt).join(' ') || 'Graphics adapter';
}

/** The message without the position in Dawn's sources that follows it. */
const firstLine = (text: string) => text.trim().split('\n')[0].replace(/\.$/, '') || 'no reason given';
