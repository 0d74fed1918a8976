import { TrainerError } from '../errors';
import { type Backend, BackendMissing, type BackendName, type BackendOptions } from './backend';
import { type Choice, Choices } from './choices';
import type { Workload } from './probe';
import { startBackend } from './start';
import { type Finding, tryBackend } from './trial';

/**
 * Starts a backend: the one that is asked for, or for `auto` the fastest for a workload.
 *
 * @returns the backend, and why it was chosen if it was.
 * @throws {BackendMissing} when the one that is asked for cannot be used on this machine.
 * @throws {TrainerError} `INTERRUPTED` when the signal ended it.
 */
export async function startChosenBackend(
  { backend: name, kernels }: BackendOptions<'auto'>,
  workload: Workload,
  { onTrial, signal }: { onTrial: () => void; signal: AbortSignal },
): Promise<{ backend: Backend; why?: string }> {
  try {
    if (name !== 'auto') return { backend: await startBackend({ backend: name, kernels, signal }) };
    const choices = new Choices();
    const start = async () => {
      const choice = await chooseBackend(workload, { kernels, choices, onTrial, signal });
      const { backend: name, why, isRemembered } = choice;
      return { backend: await startBackend({ backend: name, kernels, isTried: !isRemembered, signal }), why };
    };
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof BackendMissing) || signal.aborted) throw error;
      // It has been removed since it was chosen.
      await choices.clear();
      return await start();
    }
  } catch (error) {
    if (signal.aborted) throw new TrainerError('INTERRUPTED', 'Interrupted before training began.');
    throw error;
  }
}

/** Seconds to start, and for the first steps, in which a graphics card compiles its kernels. */
const patience = 20;
/** Nothing is compiled there; a backend that takes longer is too slow. */
const patienceWithCpu = 2;

/**
 * The largest step, in multiplications, for which the cpu backend is tried too. At 40,000 it already takes seven times as
 * long as wasm; it can only win where calls cost more than the computation.
 */
const smallStep = 1e5;

/**
 * The largest step, in multiplications, that is left to wasm untried: trials take longer than most runs of this size. Down to a
 * few multiplications, cpu takes two to three times as long.
 */
const tinyStep = 3e4;

/**
 * Chooses the backend that trains a workload fastest on this machine, by trying each one that works, unless a step is tiny.
 * Software adapters are left out. If only wasm remains, nothing is timed.
 *
 * @param choices earlier choices, each valid until a backend that was missing then becomes available.
 */
export async function chooseBackend(
  workload: Workload,
  {
    kernels,
    choices,
    onTrial,
    signal,
    tryOne = tryBackend,
  }: {
    kernels: boolean;
    choices?: Choices;
    /** Called before the first trial, unless an earlier choice is used. */
    onTrial?: () => void;
    signal?: AbortSignal;
    tryOne?: typeof tryBackend;
  },
): Promise<Pick<Choice, 'backend' | 'why'> & { isRemembered: boolean }> {
  const size = multiplications(workload);
  if (size <= tinyStep)
    return { backend: 'wasm', why: 'the fastest for so small a network', isRemembered: false };
  const key = { ...costOf(workload), kernels };
  const earlier = await choices?.get(key);
  if (earlier !== undefined) {
    const { backend, why, missing, day } = earlier;
    const isThere = async (name: BackendName) =>
      isHardware(await tryOne({ backend: name, kernels }, patience, signal));
    if (!(await some(missing, isThere)))
      return { backend, why: `as measured on ${day}: ${why}`, isRemembered: true };
  }
  onTrial?.();

  const measure = (backend: BackendName, seconds = patience) =>
    tryOne({ backend, kernels, workload }, seconds, signal);
  const findings = [await measure('webgpu'), await measure('tensorflow')];
  const isSmall = size <= smallStep;
  if (isSmall || ranked(findings).length > 0) {
    findings.push(await measure('wasm'));
    if (isSmall) findings.push(await measure('cpu', patienceWithCpu));
  }
  const usable = ranked(findings);
  const unusable = findings.filter(({ backend }) => usable.every((each) => each.backend !== backend));
  const [fastest, ...others] = usable;
  const choice = {
    backend: fastest?.backend ?? 'wasm',
    why: [
      fastest ? `${milliseconds(fastest.stepSeconds)} a step` : 'the only one available',
      ...others.map(({ backend, stepSeconds }) => `${backend} ${milliseconds(stepSeconds)}`),
      ...unusable.map(reasonOf),
    ].join('; '),
    // Not those that started and could not be measured: they would waste as much time again.
    missing: unusable.filter((finding) => !isHardware(finding)).map(({ backend }) => backend),
  };
  signal?.throwIfAborted();
  if (fastest !== undefined) await choices?.set(key, choice);
  return { ...choice, isRemembered: false };
}

async function some<T>(values: readonly T[], test: (value: T) => Promise<boolean>): Promise<boolean> {
  for (const value of values) if (await test(value)) return true;
  return false;
}

const isHardware = ({ started }: Finding): boolean => started !== undefined && started.adapter !== 'software';

/** Those that were measured, fastest first, without software adapters. */
export const ranked = (findings: readonly Finding[]) =>
  findings
    .filter((finding): finding is Finding & { stepSeconds: number } => finding.stepSeconds !== undefined)
    .filter(isHardware)
    .sort((a, b) => a.stepSeconds - b.stepSeconds);

/** For example "webgpu: no graphics card was found". */
function reasonOf({ backend, started, reason = 'It was not measured.' }: Finding): string {
  const text = started?.adapter === 'software' ? `only a software adapter (${started.device})` : reason;
  return `${backend}: ${text.replace(/\.$/, '').replace(/^(It|The|Its|There|No)\b/, (word) => word.toLowerCase())}`;
}

/** A time in milliseconds, to three digits. */
export const milliseconds = (seconds: number): string => `${Number((1000 * seconds).toPrecision(3))} ms`;

const sizesOf = ({ model: { inputSize, hidden, classes, outputs } }: Workload) => [
  inputSize,
  ...hidden,
  (classes ?? outputs)!,
];

/** What the time of a step depends on: not on the seed, nor on the periods. */
export const costOf = (workload: Workload) => ({
  sizes: sizesOf(workload),
  activation: workload.model.activation,
  dropout: workload.model.dropout > 0,
  batchSize: workload.batchSize,
  background: Number(workload.background.toFixed(1)),
});

/** The multiplications of a training step: forward, and backward for the inputs and the weights. */
function multiplications(workload: Workload): number {
  const sizes = sizesOf(workload);
  return 3 * workload.batchSize * sizes.slice(1).reduce((sum, units, i) => sum + units * sizes[i], 0);
}
