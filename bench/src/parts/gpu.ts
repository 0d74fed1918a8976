import { availableParallelism } from 'node:os';
import { resolveConfig } from 'harmonic-mlp';
import { type CudaMode, cudaModes, timeCudaStep } from '../contenders';
import { measureGpuPeak } from '../peak/gpu-peak';
import { table } from '../table';
import { type TrainedEpoch, trainedEpochs, tryBackend } from './trainer';

const networks = { '784-512-256-10': {}, '784-4×1024-10': { hidden: [1024, 1024, 1024, 1024] } };

/** What a step of JavaScript and its device do. */
interface Step {
  network: string;
  batchSize: number;
  /** On an adapter of Dawn that does nothing; undefined for what exceeds its memory, 512 MiB. */
  scriptMilliseconds?: number;
  /** On this machine's adapter; undefined without one, and for a software one that was not asked for. */
  milliseconds?: number;
  /** Billions of floating-point operations per second, of the products alone. */
  productGflops?: number;
  /** That, as a part of the adapter's peak. */
  peakShare?: number;
  /** On wasm, with all threads. */
  wasmMilliseconds?: number;
  /** In PyTorch on a CUDA card, where there are both. */
  cudaMilliseconds?: Partial<Record<CudaMode, number>>;
}

/** How WebGPU trains here. The counts are those of a step of the published model at a batch size of 128, data on the device. */
export interface GpuFigures {
  /** The name of the adapter; undefined if there is none. */
  adapter?: string;
  isSoftware?: boolean;
  /** Why there is no adapter, or why it is not measured. */
  reason?: string;
  /** Billions of operations per second of multiply-adds alone, in float32. */
  peakGflops?: number;
  /** The card and the version of PyTorch with CUDA, or why there are no figures of them. */
  cuda?: string;
  dispatchesPerStep: number;
  uploadsPerStep: number;
  submissionsPerStep: number;
  scriptMillisecondsPerStep: number;
  steps: Step[];
  /** On a card: the time of an epoch of the published model at 128, with its validation, and until accuracies are reached, in seconds. */
  epochSeconds?: number;
  secondsTo?: { preset: string; accuracy: number; seconds: number | null }[];
}

/**
 * What WebGPU takes on this machine. What JavaScript takes, and how often it calls, is measured on an adapter that does nothing, on any
 * machine.
 *
 * @param measuresSoftware whether a software adapter is measured, too.
 * @param python the Python that has PyTorch.
 */
export async function measureGpu(
  { measuresSoftware, python }: { measuresSoftware: boolean; python: string | undefined },
  onTurn: (where: string) => void,
): Promise<GpuFigures> {
  const { started, reason } = await tryBackend({ backend: 'webgpu', kernels: true });
  const isSoftware = started && started.adapter === 'software';
  const isMeasured = started !== undefined && (!isSoftware || measuresSoftware);
  if (isMeasured) onTurn('its peak');
  const peakGflops = isMeasured ? await measureGpuPeak() : undefined;
  let cuda: string | undefined = python === undefined ? 'there is no Python with PyTorch' : undefined;
  const steps: Step[] = [];
  let calls = { dispatches: Number.NaN, uploads: Number.NaN, submissions: Number.NaN };
  for (const [network, shape] of Object.entries(networks)) {
    const model = resolveConfig(shape);
    for (const batchSize of isSoftware && isMeasured ? [128] : [128, 1024, 4096, 16_384]) {
      onTurn(`${network}, batch ${batchSize}`);
      const workload = { model, batchSize, background: 0.81 };
      const common = { kernels: true, workload, measureSoftware: true };
      const script = await tryBackend({ ...common, backend: 'webgpu', adapter: 'null' });
      if (steps.length === 0) {
        if (script.stepSeconds === undefined) throw new Error(script.reason);
        calls = script.calls!;
      }
      const step: Step = { network, batchSize };
      if (script.stepSeconds !== undefined) step.scriptMilliseconds = 1000 * script.stepSeconds;
      if (isMeasured) {
        const { stepSeconds = Number.NaN } = await tryBackend({ ...common, backend: 'webgpu' });
        step.milliseconds = 1000 * stepSeconds;
        step.productGflops = (operationsOf(model.hidden) * batchSize) / stepSeconds / 1e9;
        if (peakGflops !== undefined) step.peakShare = step.productGflops / peakGflops;
        const wasm = await tryBackend({ ...common, backend: 'wasm' });
        step.wasmMilliseconds = 1000 * (wasm.stepSeconds ?? Number.NaN);
      }
      for (const mode of python === undefined ? [] : cudaModes) {
        const { milliseconds, card, torch, reason } = await timeCudaStep(python!, {
          hidden: model.hidden,
          batchSize,
          mode,
        });
        cuda = milliseconds === undefined ? (cuda ?? reason) : `${card}, PyTorch ${torch}`;
        if (milliseconds === undefined) break;
        step.cudaMilliseconds = { ...step.cudaMilliseconds, [mode]: milliseconds };
      }
      steps.push(step);
    }
  }
  return {
    ...(started === undefined ? { reason } : { adapter: started.device, isSoftware }),
    ...(isSoftware &&
      !measuresSoftware && { reason: 'It is a software adapter; --backend webgpu measures it.' }),
    ...(peakGflops !== undefined && { peakGflops }),
    ...(cuda !== undefined && { cuda }),
    dispatchesPerStep: calls.dispatches,
    uploadsPerStep: calls.uploads,
    submissionsPerStep: calls.submissions,
    scriptMillisecondsPerStep: steps[0].scriptMilliseconds!,
    steps,
    ...(isMeasured && !isSoftware && (await timeRuns(onTurn))),
  };
}

/** The floating-point operations of a step's products for each example: each layer's, and its two gradients; the first has one. */
function operationsOf(hidden: readonly number[]): number {
  const widths = [784, ...hidden, 10];
  return widths.slice(1).reduce((sum, width, i) => sum + 2 * widths[i] * width * (i === 0 ? 2 : 3), 0);
}

async function timeRuns(onTurn: (where: string) => void): Promise<Partial<GpuFigures>> {
  const secondsTo: GpuFigures['secondsTo'] = [];
  let published: readonly TrainedEpoch[] = [];
  for (const [preset, accuracies] of [
    ['published', [0.95, 0.96, 0.97]],
    ['recommended', [0.98]],
  ] as const) {
    onTurn(`a run of ${preset}`);
    const epochs = await trainedEpochs('--preset', preset, '--backend', 'webgpu');
    if (preset === 'published') published = epochs;
    for (const accuracy of accuracies) {
      const reached = epochs.findIndex(({ testAccuracy }) => testAccuracy >= accuracy);
      const taken = epochs.slice(0, reached + 1).reduce((sum, { seconds }) => sum + seconds, 0);
      secondsTo.push({ preset, accuracy, seconds: reached < 0 ? null : taken });
    }
  }
  // The first one compiles shaders.
  const later = published.slice(1).map(({ seconds }) => seconds);
  return { epochSeconds: later.sort((a, b) => a - b)[Math.floor(later.length / 2)], secondsTo };
}

export function showGpu(figures: GpuFigures): string {
  const { adapter, isSoftware, reason, peakGflops, cuda, steps, epochSeconds, secondsTo = [] } = figures;
  const number = (value: number | undefined, digits = 3) =>
    value === undefined ? '' : String(Number(value.toPrecision(digits)));
  const isMeasured = steps.some(({ milliseconds }) => milliseconds !== undefined);
  const modes = cudaModes.filter((mode) => steps.some((step) => step.cudaMilliseconds?.[mode] !== undefined));
  const rows = steps.map(({ network, batchSize, scriptMilliseconds, ...measured }) => {
    const { milliseconds, productGflops, peakShare, wasmMilliseconds, cudaMilliseconds } = measured;
    const share = peakShare === undefined ? '' : ` (${number(100 * peakShare, 2)}%)`;
    const own = [number(milliseconds), `${number(productGflops)}${share}`, number(wasmMilliseconds)];
    return [
      `${network}, batch ${batchSize}`,
      number(scriptMilliseconds),
      ...(isMeasured ? own : []),
      ...modes.map((mode) => number(cudaMilliseconds?.[mode])),
    ];
  });
  const header = [
    '',
    'JavaScript',
    ...(isMeasured ? ['step', 'GFLOP/s (of peak)', `wasm, ${availableParallelism()} threads`] : []),
    ...modes.map((mode) => `CUDA, ${mode}`),
  ];
  return [
    `WebGPU on ${adapter === undefined ? 'no adapter' : `${adapter}${isSoftware ? ', a software adapter' : ''}`}${reason ? `. ${reason}` : ''}`,
    `A step of the published model, its data on the device: ${number(figures.dispatchesPerStep)} dispatches, ${number(figures.uploadsPerStep)} uploads, ${number(figures.submissionsPerStep)} submissions`,
    ...(peakGflops === undefined
      ? []
      : [`Its peak, of multiply-adds in float32: ${number(peakGflops)} GFLOP/s`]),
    ...(cuda === undefined ? [] : [`CUDA: ${cuda}`]),
    '',
    'A training step (milliseconds), and that of JavaScript alone, on an adapter that does nothing',
    table(header, rows),
    ...(steps.every(({ scriptMilliseconds }) => scriptMilliseconds !== undefined)
      ? []
      : ['Without that of JavaScript: what exceeds the 512 MiB of that adapter']),
    ...(epochSeconds === undefined ? [] : ['', `An epoch of the published model: ${number(epochSeconds)} s`]),
    ...secondsTo.map(
      ({ preset, accuracy, seconds }) =>
        `${preset} to ${100 * accuracy}%: ${seconds === null ? 'not reached' : `${number(seconds)} s`}`,
    ),
  ].join('\n');
}
