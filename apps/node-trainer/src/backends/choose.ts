import type { HarmonicMLPOptions } from 'harmonic-mlp';
import { Interrupted } from '../exit-code';
import { abortOnInterrupt } from '../interruption';
import { type Backend, BackendMissing, type BackendName, type BackendOptions, startBackend } from '.';
import { Choices } from './choices';
import type { Workload } from './probe';
import { type Finding, tryBackend } from './survey';

/** Which backend is taken, and why. */
export interface Choice {
  backend: BackendName;
  /** As in "7.4 ms a step; webgpu: there is no graphics adapter". */
  why: string;
}

/**
 * Starts the backend that is asked for, or the fastest for a workload.
 *
 * @returns it, and why it was chosen where it was.
 * @throws {BackendMissing} when this machine does not have the one that is asked for.
 */
export async function startChosenBackend(
  { backend: name, kernels }: BackendOptions<'auto'>,
  workload: Workload,
  onTrial: () => void,
): Promise<{ backend: Backend; why?: string }> {
  if (name !== 'auto') return { backend: await startBackend({ backend: name, kernels }) };
  const choices = new Choices();
  const { signal, release } = abortOnInterrupt(() => {});
  try {
    const choice = await chooseBackend(workload, { kernels, choices, onTrial, signal });
    try {
      return { backend: await startBackend({ backend: choice.backend, kernels }), why: choice.why };
    } catch (error) {
      if (!(error instanceof BackendMissing)) throw error;
      // It has gone since it was chosen.
      await choices.clear();
      const { backend, why } = await chooseBackend(workload, { kernels, choices, onTrial, signal });
      return { backend: await startBackend({ backend, kernels }), why };
    }
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Interrupted.');
    throw error;
  } finally {
    release();
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
 * @param choices what was chosen before, and is taken again without a trial.
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
): Promise<Choice> {
  const key = { ...workload, background: Number(workload.background.toFixed(1)), kernels };
  const earlier = await choices?.get(key);
  if (earlier !== undefined) return earlier;
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
  const [fastest, ...others] = usable;
  const choice = {
    backend: fastest?.backend ?? 'wasm',
    why: [
      fastest ? `${milliseconds(fastest.stepSeconds)} a step` : 'the only choice here',
      ...others.map(({ backend, stepSeconds }) => `${backend} ${milliseconds(stepSeconds)}`),
      ...findings
        .filter((finding) => !usable.some(({ backend }) => backend === finding.backend))
        .map(unusable),
    ].join('; '),
  };
  await choices?.set(key, choice);
  return choice;
}

const isMeasured = (finding: Finding): finding is Finding & { stepSeconds: number } =>
  finding.stepSeconds !== undefined;

/** Those that were measured, without software adapters, the fastest first. */
export const ranked = (findings: readonly Finding[]) =>
  findings
    .filter(isMeasured)
    .filter(({ started }) => started?.adapter !== 'software')
    .sort((a, b) => a.stepSeconds - b.stepSeconds);

/** As in "webgpu: there is no graphics adapter". */
function unusable({ backend, started, reason = 'Not measured.' }: Finding): string {
  const text = started?.adapter === 'software' ? `only a software adapter (${started.device})` : reason;
  return `${backend}: ${text.replace(/\.$/, '').replace(/^(It|This|The|Its|Not|There)\b/, (word) => word.toLowerCase())}`;
}

/** A time in milliseconds, with three digits. */
export const milliseconds = (seconds: number): string => `${Number((1000 * seconds).toPrecision(3))} ms`;

/** Those of a training step's products: forward, and backward for the inputs and the weights. */
function multiplications({ model, batchSize }: Workload): number {
  const { inputSize = 784, hidden = [512, 256], classes = 10 }: HarmonicMLPOptions = model;
  const sizes = [inputSize, ...hidden, classes];
  return 3 * batchSize * sizes.slice(1).reduce((sum, units, i) => sum + units * sizes[i], 0);
}
