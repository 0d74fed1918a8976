import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HarmonicError } from '@harmonic-mlp/core';
import { sha256 } from '@harmonic-mlp/mnist-data';
import type { Checkpoint, EpochRecord } from 'harmonic-mlp';
import type { SettingValues } from 'harmonic-mlp/settings';
import { type Backend, type BackendName, startBackend } from '../backends';
import { checkpointsFolder } from '../earlier-checkpoints';
import { hasCode, TrainerError } from '../errors';
import { prepareExperiment, resolveValues } from '../experiment';
import { writeWhole } from '../file-system';
import { abortOnInterrupt, interruptAll } from '../interruption';
import { nameOption } from '../name-option';
import { besideRun, RunFolder, runFiles } from '../run-folder';
import { instead, readRunToResume, readSavedRun, type SavedRun } from '../saved-run';
import { type AnyRecord, type Scoring, scoreOf } from '../scoring';
import { trainModel } from '../train-model';
import type { TrainingReport } from '../training-report';
import type { ExactResult, TrialMessage, TrialOrder, TrialResult, Verdict } from './trial';

type Order = Extract<TrialOrder, { order: 'train' }>;

/** How long to wait for the process that had the trial before, which may still be saving it; in ms. */
const patience = 30_000;

/**
 * Trains the trial that the parent process sends, and tells it what happens. It stops and saves when told to abort, on Ctrl-C, and
 * when the parent is gone.
 */
export async function serveTrial(): Promise<void> {
  const send = (message: TrialMessage) =>
    new Promise<void>((resolve) => process.send?.(message, () => resolve()) ?? resolve());
  let onVerdict: (verdict: Verdict) => void = () => {};
  const asked = new Promise<Order>((resolve) => {
    process.on('message', (message: TrialOrder) => {
      if (message.order === 'train') resolve(message);
      else if (message.order === 'verdict') onVerdict(message.verdict);
      else interruptAll();
    });
  });
  const interruption = abortOnInterrupt(() => {});
  const { signal } = interruption;
  process.once('disconnect', () => interruptAll());
  // Then nobody answers any more.
  signal.addEventListener('abort', () => onVerdict('continue'), { once: true });
  const verdict = () =>
    new Promise<Verdict>((resolve) => {
      onVerdict = resolve;
      if (signal.aborted) resolve('continue');
    });
  try {
    await train(await asked, { send, verdict, signal });
  } catch (error) {
    const isKnown = HarmonicError.is(error);
    // Where a trial is saved is its sweep's business.
    const known = hasCode(error, 'UNWRITABLE') ? error.with({ fix: undefined }) : error;
    const message = isKnown
      ? (known as HarmonicError).describe(nameOption)
      : (Object(error).stack ?? String(error));
    if (!signal.aborted) await send({ event: 'failed', message, code: isKnown ? error.code : undefined });
  } finally {
    interruption.release();
    if (process.connected) process.disconnect();
  }
}

async function train(
  { trial, folder: path, threads, offline, level: savedLevel }: Order,
  {
    send,
    verdict,
    signal,
  }: { send(message: TrialMessage): Promise<void>; verdict(): Promise<Verdict>; signal: AbortSignal },
): Promise<void> {
  const own = resolveValues({ onCommandLine: trial.settings, inFile: {} }).values;
  const folder = await openPatiently(path, signal);
  let backend: Backend | undefined;
  try {
    backend = await startBackend({ ...own, backend: own.backend as BackendName, signal });
    const level = [backend.name, backend.simd].filter((word) => word !== undefined).join(' ');
    const isOther = savedLevel !== undefined && savedLevel !== level;
    await claim(path, { level, settings: trial.settings });
    const warn = (text: string) => send({ event: 'warning', text });
    const resumed = isOther ? undefined : await savedTrial(path, warn);
    const { values, given } =
      resumed === undefined
        ? { values: own, given: trial.settings }
        : resolveValues({ onCommandLine: {}, inFile: {} }, resumed);
    const experiment = await prepareExperiment(values, { offline, resumed });
    const { dataFingerprint, scoring } = experiment;
    if (trial.dataFingerprint !== undefined && dataFingerprint !== trial.dataFingerprint) {
      throw new TrainerError('CHECKSUM_MISMATCH', {
        problem: 'The training data here are not those of the sweep.',
        fix: 'Give every machine the same files.',
      });
    }
    const begun = performance.now();
    const finish = async (history: readonly AnyRecord[], stopped?: string) => {
      const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
      const result = { ...(await resultOf(history, scoring, path)), level, seconds };
      await send({ event: 'finished', result, stopped });
    };
    const done = resumed?.checkpoint.history ?? [];
    if (done.length >= values.epochs) {
      await finish(done);
      return;
    }
    let ended: { history: readonly AnyRecord[]; stopped?: string } | undefined;
    await trainModel(backend, {
      ...experiment,
      given,
      threads: { threads },
      resumed,
      folder,
      report: new TrialReport(send, (end) => {
        ended = end;
      }),
      callbacks: [
        {
          name: 'trial',
          async onEpoch({ epoch, validation, seconds }: EpochRecord, run) {
            const score = scoreOf(scoring, validation) ?? null;
            const decided = verdict();
            const progress = { epoch, epochs: values.epochs, score, seconds, level };
            await send({ event: 'epoch', progress });
            if ((await decided) === 'stop') run.stop('pruned');
          },
        },
      ],
      isTrial: true,
      signal,
      isDebugging: false,
      started: begun,
    });
    if (ended !== undefined) await finish(ended.history, ended.stopped);
  } finally {
    folder.close();
    await backend?.close();
  }
}

/** What a trial writes in its folder, by which another would go on. */
const ownFiles = [...Object.values(runFiles), checkpointsFolder];

/**
 * Notes of which trial the folder is. What is there of another one goes first, such as after a search that lost its records, or of
 * another SIMD level, which gives other bits.
 */
async function claim(path: string, trial: { level: string; settings: SettingValues }): Promise<void> {
  const file = join(path, besideRun.trial);
  const own = JSON.stringify(trial);
  const noted = await readFile(file, 'utf8').catch(() => undefined);
  if (noted === own) return;
  if (noted !== undefined) {
    for (const name of ownFiles) await rm(join(path, name), { recursive: true, force: true });
  }
  await writeWhole(file, own);
}

/** What an earlier process has saved of the trial; where it is damaged, the checkpoint before, or nothing. */
async function savedTrial(
  path: string,
  warn: (text: string) => Promise<void>,
): Promise<SavedRun | undefined> {
  const last = join(path, runFiles.last);
  if (!existsSync(last)) return undefined;
  try {
    const saved = await readRunToResume(last);
    if (saved.insteadOf !== undefined) await warn(instead(saved));
    return saved;
  } catch (error) {
    if (!hasCode(error, 'INVALID_DATA')) throw error;
    await warn(`${error.describe(nameOption)} The trial begins anew.`);
    return undefined;
  }
}

/** Opens the folder of a trial; an earlier process of the same trial may still be saving it. */
async function openPatiently(path: string, signal: AbortSignal): Promise<RunFolder> {
  for (const begun = performance.now(); ; await sleep(200, undefined, { signal })) {
    try {
      return await RunFolder.open(path);
    } catch (error) {
      if (!hasCode(error, 'FOLDER_IN_USE') || performance.now() - begun > patience) throw error;
    }
  }
}

/** What the epochs and the last weights of a trial are, to the bit. */
async function resultOf(
  history: readonly AnyRecord[],
  scoring: Scoring,
  folder: string,
): Promise<Pick<TrialResult, 'score' | 'epoch' | 'exact'>> {
  const scored = history.map((record) => ({
    epoch: record.epoch,
    score: scoreOf(scoring, record.validation),
  }));
  const best = scored.reduce((a, b) =>
    b.score !== undefined && (a.score === undefined || scoring.isBetter(b.score, a.score)) ? b : a,
  );
  const { checkpoint } = await readSavedRun(join(folder, runFiles.last));
  const exact: ExactResult = {
    history: history.map(({ seconds: _, ...record }) => record),
    weights: await fingerprintOf(checkpoint),
  };
  return { score: best.score ?? Number.NaN, epoch: best.epoch, exact };
}

/** The SHA-256 of all weights of a model, by name. */
async function fingerprintOf({ tensors }: Checkpoint): Promise<string> {
  const lines: string[] = [];
  for (const name of Object.keys(tensors).sort()) lines.push(`${name} ${await digest(tensors[name].data)}`);
  return sha256(new TextEncoder().encode(lines.join('\n')));
}

const digest = (data: ArrayBufferView) =>
  sha256(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength));

/** Passes on to the parent process what it has to know. */
class TrialReport implements TrainingReport {
  readonly warn: TrainingReport['warn'];
  readonly summary: TrainingReport['summary'];

  constructor(
    send: (message: TrialMessage) => Promise<void>,
    onEnd: (end: { history: readonly AnyRecord[]; stopped?: string }) => void,
  ) {
    this.warn = (text) => void send({ event: 'warning', text });
    this.summary = ({ history, result: { stopped } }) => onEnd({ history, stopped });
  }

  choosing(): void {}
  chosen(): void {}
  threads(): void {}
  start(): void {}
  step(): void {}
  metrics(): void {}
  epoch(): void {}
  interrupt(): void {}
  end(): void {}
}
