import { Interrupted } from '../exit-code';
import { type Backend, BackendMissing, type BackendName, type BackendOptions } from './backend';
import { type Choice, Choices } from './choices';
import type { Workload } from './probe';
import { startBackend } from './start';
import { type Finding, tryBackend } from './trial';

/**
 * Starts the backend that is asked for, or the fastest for a workload.
 *
 * @returns it, and why it was chosen where it was.
 * @throws {BackendMissing} when this machine does not have the one that is asked for.
 * @throws {Interrupted} when the signal ended it.
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
      // It has gone since it was chosen.
      await choices.clear();
      return await start();
    }
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Interrupted before the training began.');
    throw error;
  }
}

/** Seconds to start, and to end the first steps: on a graphics card, these compile. */
const patience = 20;
/** Nothing compiles there; what takes longer is no choice. */
const patienceWithCpu = 2;

/**
 * Up to how many multiplications a step the cpu backend is tried, too. With 40,000, it takes seven times as long as wasm
 * already; nothing but the cost of a call could speak for it.
 */
const smallStep = 1e5;

/**
 * Takes the backend that trains a workload fastest on this machine, by a trial of each that works. Software adapters are
 * left out. Where only wasm is left, nothing is timed.
 *
 * @param choices what was measured before, and is believed as long as nothing turns up that was missing then.
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
    /** Before the first trial; not where the choice is remembered. */
    onTrial?: () => void;
    signal?: AbortSignal;
    tryOne?: typeof tryBackend;
  },
): Promise<Pick<Choice, 'backend' | 'why'> & { isRemembered: boolean }> {
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
  const isSmall = multiplications(workload) <= smallStep;
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
      fastest ? `${milliseconds(fastest.stepSeconds)} a step` : 'the only choice here',
      ...others.map(({ backend, stepSeconds }) => `${backend} ${milliseconds(stepSeconds)}`),
      ...unusable.map(reasonOf),
    ].join('; '),
    // What started and could not be measured would waste as much time again.
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

/** Those that were measured, without software adapters, the fastest first. */
export const ranked = (findings: readonly Finding[]) =>
  findings
    .filter((finding): finding is Finding & { stepSeconds: number } => finding.stepSeconds !== undefined)
    .filter(isHardware)
    .sort((a, b) => a.stepSeconds - b.stepSeconds);

/** As in "webgpu: there is no graphics adapter". */
function reasonOf({ backend, started, reason = 'It was not measured.' }: Finding): string {
  const text = started?.adapter === 'software' ? `only a software adapter (${started.device})` : reason;
  return `${backend}: ${text.replace(/\.$/, '').replace(/^(It|The|Its|There|No)\b/, (word) => word.toLowerCase())}`;
}

/** A time in milliseconds, with three digits. */
export const milliseconds = (seconds: number): string => `${Number((1000 * seconds).toPrecision(3))} ms`;

const sizesOf = ({ model: { inputSize, hidden, classes } }: Workload) => [inputSize, ...hidden, classes];

/** What the time of a step depends on; not the seed, nor the periods. */
const costOf = (workload: Workload) => ({
  sizes: sizesOf(workload),
  activation: workload.model.activation,
  dropout: workload.model.dropout > 0,
  batchSize: workload.batchSize,
  background: Number(workload.background.toFixed(1)),
});

/** Those of a training step's products: forward, and backward for the inputs and the weights. */
function multiplications(workload: Workload): number {
  const sizes = sizesOf(workload);
  return 3 * workload.batchSize * sizes.slice(1).reduce((sum, units, i) => sum + units * sizes[i], 0);
}
