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
  /** Billions of floating-point operations per second: those of the products, in the time of the whole step. */
  productGflops?: number;
  /** That, as a part of the adapter's peak. */
  peakShare?: number;
  /** An epoch of MNIST with its validation, on a card. */
  epochSeconds?: number;
  /** On wasm, with the number of threads that is the fastest. */
  wasmMilliseconds?: number;
  /** In PyTorch on a CUDA card, where there are both. */
  cudaMilliseconds?: Partial<Record<CudaMode, number>>;
}

/** How WebGPU trains here. The counts are those of a step of the published model at a batch size of 128, data on the device. */
export interface GpuFigures {
  /** The name of the adapter; undefined if there is none. */
  adapter?: string;
  isSoftware?: boolean;
  /** What the adapter says of its driver. */
  driver?: string;
  /** Why there is no adapter, or why it is not measured. */
  reason?: string;
  /** Billions of operations per second of multiply-adds alone, in float32. */
  peakGflops?: number;
  /** The card and the version of PyTorch with CUDA, or why there are no figures of them. */
  cuda?: string;
  /** What could not be measured, and why. */
  problems: string[];
  dispatchesPerStep: number;
  uploadsPerStep: number;
  submissionsPerStep: number;
  scriptMillisecondsPerStep: number;
  steps: Step[];
  /** On a card: the time until accuracies are reached, in seconds. */
  secondsTo?: { preset: string; accuracy: number; seconds: number | null }[];
}

/** A way to note what could not be measured, and why. */
type Note = (what: string, reason: string | undefined) => void;

/**
 * What WebGPU takes on this machine. What JavaScript takes, and how often it calls, is measured on an adapter that does nothing, on any
 * machine.
 *
 * @param measuresSoftware whether a software adapter is measured, too.
 * @param pyTorch the Python that has PyTorch, or why there is none.
 */
export async function measureGpu(
  {
    measuresSoftware,
    pyTorch,
  }: { measuresSoftware: boolean; pyTorch: { python: string } | { reason: string } },
  onTurn: (where: string) => void,
): Promise<GpuFigures> {
  const problems: string[] = [];
  const note: Note = (what, reason) => void problems.push(`${what}: ${reason ?? 'for unknown reasons'}`);
  const { started, reason } = await tryBackend({ backend: 'webgpu', kernels: true });
  const isSoftware = started?.adapter === 'software';
  const isMeasured = started !== undefined && (!isSoftware || measuresSoftware);
  if (isMeasured) onTurn('its peak');
  const peak = isMeasured
    ? await measureGpuPeak().catch((error) => note('its peak', error.message))
    : undefined;
  const cuda = 'python' in pyTorch ? new Cuda(pyTorch.python, note) : undefined;
  const steps: Step[] = [];
  let calls = { dispatches: Number.NaN, uploads: Number.NaN, submissions: Number.NaN };
  for (const [network, shape] of Object.entries(networks)) {
    const model = resolveConfig(shape);
    for (const batchSize of isSoftware && isMeasured ? [128] : [128, 1024, 4096, 16_384]) {
      const where = `${network}, batch ${batchSize}`;
      onTurn(where);
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
        const own = await tryBackend({ ...common, backend: 'webgpu' });
        if (own.stepSeconds === undefined) note(where, own.reason);
        else {
          step.milliseconds = 1000 * own.stepSeconds;
          step.productGflops = (operationsOf(model.hidden) * batchSize) / own.stepSeconds / 1e9;
          if (peak) step.peakShare = step.productGflops / peak.gflops;
        }
        const wasm = await tryBackend({ ...common, backend: 'wasm' });
        if (wasm.stepSeconds !== undefined) step.wasmMilliseconds = 1000 * wasm.stepSeconds;
        else note(`${where} on wasm`, wasm.reason);
      }
      if (isMeasured && !isSoftware) {
        const options = ['--preset', 'published', '--hidden', model.hidden.join(), '--epochs', '4'];
        const epochs = await trainOnCard(
          [...options, '--batch-size', String(batchSize)],
          `${where}, epochs`,
          note,
        );
        // The first one compiles shaders.
        const later = epochs.slice(1).map(({ seconds }) => seconds);
        if (later.length > 0) step.epochSeconds = later.sort((a, b) => a - b)[later.length >> 1];
      }
      const times = await cuda?.time(where, model.hidden, batchSize);
      if (times !== undefined) step.cudaMilliseconds = times;
      steps.push(step);
    }
  }
  return {
    ...(started === undefined ? { reason } : { adapter: started.device, isSoftware }),
    ...(isSoftware &&
      !measuresSoftware && { reason: 'It is a software adapter; --backend webgpu measures it.' }),
    ...(peak && { driver: peak.driver, peakGflops: peak.gflops }),
    cuda: cuda?.title ?? ('reason' in pyTorch ? `PyTorch is left out: ${pyTorch.reason}` : 'not measured'),
    problems,
    dispatchesPerStep: calls.dispatches,
    uploadsPerStep: calls.uploads,
    submissionsPerStep: calls.submissions,
    scriptMillisecondsPerStep: steps[0].scriptMilliseconds!,
    steps,
    ...(isMeasured && !isSoftware && { secondsTo: await timeRuns(note, onTurn) }),
  };
}

/** PyTorch on a CUDA card, as long as there is one. */
class Cuda {
  /** The card and the version of PyTorch, or why there are none. */
  title: string | undefined;
  #isMissing = false;

  constructor(
    private readonly python: string,
    private readonly note: Note,
  ) {}

  async time(where: string, hidden: readonly number[], batchSize: number): Promise<Step['cudaMilliseconds']> {
    const times: NonNullable<Step['cudaMilliseconds']> = {};
    for (const mode of cudaModes) {
      if (this.#isMissing) break;
      const found = await timeCudaStep(this.python, { hidden, batchSize, mode });
      if (found.milliseconds !== undefined) {
        times[mode] = found.milliseconds;
        this.title = `${found.card}, PyTorch ${found.torch}`;
      } else if (found.isMissing) {
        this.#isMissing = true;
        this.title = found.reason;
      } else this.note(`${where}, CUDA, ${mode}`, found.reason);
    }
    return Object.keys(times).length > 0 ? times : undefined;
  }
}

/** The floating-point operations of a step's products for each example: each layer's, and its two gradients; the first has one. */
function operationsOf(hidden: readonly number[]): number {
  const widths = [784, ...hidden, 10];
  return widths.slice(1).reduce((sum, width, i) => sum + 2 * widths[i] * width * (i === 0 ? 2 : 3), 0);
}

async function trainOnCard(options: string[], what: string, note: Note): Promise<readonly TrainedEpoch[]> {
  try {
    return await trainedEpochs('--backend', 'webgpu', ...options);
  } catch (error) {
    note(what, (error as { stderr?: string }).stderr?.trim() || (error as Error).message);
    return [];
  }
}

async function timeRuns(note: Note, onTurn: (where: string) => void): Promise<GpuFigures['secondsTo']> {
  const secondsTo: NonNullable<GpuFigures['secondsTo']> = [];
  for (const [preset, accuracies] of [
    ['published', [0.95, 0.96, 0.97]],
    ['recommended', [0.98]],
  ] as const) {
    onTurn(`a run of ${preset}`);
    const epochs = await trainOnCard(['--preset', preset], `a run of ${preset}`, note);
    for (const accuracy of epochs.length > 0 ? accuracies : []) {
      const reached = epochs.findIndex(({ testAccuracy }) => testAccuracy >= accuracy);
      const taken = epochs.slice(0, reached + 1).reduce((sum, { seconds }) => sum + seconds, 0);
      secondsTo.push({ preset, accuracy, seconds: reached < 0 ? null : taken });
    }
  }
  return secondsTo;
}

export function showGpu(figures: GpuFigures): string {
  const { adapter, isSoftware, driver, reason, peakGflops, cuda, steps, problems, secondsTo = [] } = figures;
  const number = (value: number | undefined, digits = 3) =>
    value === undefined ? '' : String(Number(value.toPrecision(digits)));
  const isMeasured = steps.some(({ milliseconds }) => milliseconds !== undefined);
  const hasEpochs = steps.some(({ epochSeconds }) => epochSeconds !== undefined);
  const modes = cudaModes.filter((mode) => steps.some((step) => step.cudaMilliseconds?.[mode] !== undefined));
  const rows = steps.map(({ network, batchSize, scriptMilliseconds, ...measured }) => {
    const { milliseconds, productGflops, peakShare, epochSeconds } = measured;
    const { wasmMilliseconds, cudaMilliseconds } = measured;
    const share = peakShare === undefined ? '' : ` (${number(100 * peakShare, 2)}%)`;
    const own = [
      number(milliseconds),
      `${number(productGflops)}${share}`,
      ...(hasEpochs ? [number(epochSeconds && 1000 * epochSeconds)] : []),
      number(wasmMilliseconds),
    ];
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
    ...(isMeasured ? ['step', 'GFLOP/s (of peak)', ...(hasEpochs ? ['epoch'] : []), 'wasm'] : []),
    ...modes.map((mode) => `CUDA, ${mode}`),
  ];
  return [
    `WebGPU on ${adapter === undefined ? 'no adapter' : `${adapter}${isSoftware ? ', a software adapter' : ''}${driver ? ` (${driver})` : ''}`}${reason ? `. ${reason}` : ''}`,
    `A step of the published model, its data on the device: ${number(figures.dispatchesPerStep)} dispatches, ${number(figures.uploadsPerStep)} uploads, ${number(figures.submissionsPerStep)} submissions`,
    ...(peakGflops === undefined
      ? []
      : [`Its peak, of multiply-adds in float32: ${number(peakGflops)} GFLOP/s`]),
    `CUDA: ${cuda}`,
    '',
    'A training step (milliseconds), and that of JavaScript alone, on an adapter that does nothing',
    table(header, rows),
    ...(steps.every(({ scriptMilliseconds }) => scriptMilliseconds !== undefined)
      ? []
      : ['Without that of JavaScript: what exceeds the 512 MiB of that adapter']),
    ...secondsTo.map(
      ({ preset, accuracy, seconds }) =>
        `${preset} to ${100 * accuracy}%: ${seconds === null ? 'not reached' : `${number(seconds)} s`}`,
    ),
    ...problems.map((problem) => `Not measured: ${problem}`),
  ].join('\n');
}
