import {
  type CompiledProgram,
  executorOf,
  type ProgramExecutor,
  setExecutor,
} from '@harmonic-mlp/core/program';
import { HarmonicMLP } from 'harmonic-mlp';
import { showMilliseconds } from '../comparison';
import { requireCaptured } from '../contenders';
import { withKernels } from '../kernels';
import { type Network, seed } from '../network';
import { type Summary, summarize } from '../statistics';
import { table } from '../table';
import { threadCounts } from '../threads';

/** What `fit` is timed on. */
export interface OutsideCase {
  network: Network;
  batchSize: number;
  /** The examples, as `fit` takes them. */
  examples: Parameters<HarmonicMLP['fit']>[0];
  /** The number of steps in an epoch. */
  stepsPerEpoch: number;
  /** The number of steps to time, at least. */
  steps: number;
}

/** How much of a step of `fit` is not in the executor. */
export interface Outside {
  network: string;
  batchSize: number;
  threads: number;
  /** Milliseconds per step, of whole epochs: shuffling, gathering batches, reading losses and telling them included. */
  step: Summary & { rounds: number[] };
  /** Those of the executor. */
  executor: Summary & { rounds: number[] };
  /** The rest as a fraction of the step. */
  share: Summary;
}

/** Steps that are recorded, before any is executed as a program. */
const recorded = 4;

/** Times whole epochs of `fit` with its default settings, and the executor in them. */
export async function timeOutside(
  cases: readonly OutsideCase[],
  rounds: number,
  onTurn: (where: string) => void,
): Promise<Outside[]> {
  const found: Outside[] = [];
  for (const each of cases) {
    const models = threadCounts.map((count) => ({
      threads: count,
      model: new HarmonicMLP({ ...each.network.options, seed }),
      times: [] as { step: number; executor: number }[],
    }));
    for (let round = -1; round < rounds; round++) {
      for (const { threads, model, times } of models) {
        onTurn(`${each.network.name}: ${round < 0 ? 'warm-up' : `round ${round + 1} of ${rounds}`}`);
        const time = await withKernels('all', () => timeEpochs(model, each, threads));
        if (round >= 0) times.push(time);
      }
    }
    for (const { threads, model, times } of models) {
      model.dispose();
      const withRounds = (rounds: number[]) => ({ ...summarize(rounds), rounds });
      found.push({
        network: each.network.name,
        batchSize: each.batchSize,
        threads,
        step: withRounds(times.map(({ step }) => step)),
        executor: withRounds(times.map(({ executor }) => executor)),
        share: summarize(times.map(({ step, executor }) => 1 - executor / step)),
      });
    }
  }
  return found;
}

/** Milliseconds per step, from the end of an epoch that has no recorded steps to come. */
async function timeEpochs(
  model: HarmonicMLP,
  { examples, batchSize, stepsPerEpoch, steps }: OutsideCase,
  threads: number,
): Promise<{ step: number; executor: number }> {
  const skipped = Math.ceil(recorded / stepsPerEpoch);
  const epochs = Math.ceil(steps / stepsPerEpoch);
  const clock = clockExecutor();
  let started = 0;
  let milliseconds = 0;
  try {
    const result = await model.fit(examples as never, {
      epochs: skipped + epochs,
      batchSize,
      onWarning: () => {},
      onEpoch({ epoch }) {
        if (epoch < skipped) return;
        if (epoch === skipped) {
          clock.reset();
          started = performance.now();
        } else milliseconds = performance.now() - started;
      },
      threads,
    });
    requireCaptured(result, threads);
  } finally {
    clock.stop();
  }
  const count = epochs * stepsPerEpoch;
  return { step: milliseconds / count, executor: clock.milliseconds() / count };
}

/** Times the executor of the wasm backend, whose kernels are in use. */
function clockExecutor() {
  const executor = executorOf('wasm')!;
  let total = 0;
  const clocked = (compiled: CompiledProgram): CompiledProgram => ({
    get isCurrent() {
      return compiled.isCurrent;
    },
    bind: (tensors) => compiled.bind(tensors),
    memoryOf: (input) => compiled.memoryOf(input),
    shared: () => compiled.shared(),
    execute(scalars) {
      const started = performance.now();
      const outputs = compiled.execute(scalars);
      const note = () => {
        total += performance.now() - started;
      };
      if (outputs instanceof Promise) outputs.then(note, note);
      else note();
      return outputs;
    },
    dispose: () => compiled.dispose(),
  });
  const withClock = (executor: ProgramExecutor): ProgramExecutor => ({
    name: executor.name,
    compile(...given) {
      const compiled = executor.compile(...given);
      return 'obstacle' in compiled ? compiled : clocked(compiled);
    },
    async withThreads(threads) {
      const threaded = (await executor.withThreads?.(threads)) ?? { obstacle: 'it has no threads' };
      if ('obstacle' in threaded) return threaded;
      return { ...withClock(threaded), dispose: () => threaded.dispose() };
    },
  });
  setExecutor('wasm', withClock(executor));
  return {
    reset() {
      total = 0;
    },
    milliseconds: () => total,
    stop: () => setExecutor('wasm', executor),
  };
}

export function showOutside(found: readonly Outside[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const cells = found.map(({ network, batchSize, threads, step, executor, share }) => [
    `${network}, batch ${batchSize}`,
    String(threads),
    showMilliseconds(step.median),
    showMilliseconds(executor.median),
    percent(share.median),
    `${percent(share.min)}–${percent(share.max)}`,
  ]);
  return [
    'A step of fit, in whole epochs, and the executor in it (milliseconds)',
    table(['', 'threads', 'step', 'executor', 'outside', 'from–to'], cells),
  ].join('\n');
}
