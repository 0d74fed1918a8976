import { readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import {
  type Callback,
  type CaptureEvent,
  checkpointing,
  type EpochRecord,
  type Run,
  type SavedCheckpoint,
  type StartEvent,
  type StepEvent,
} from 'harmonic-mlp';
import { commandLine } from './command-line';
import { type Standing, standing } from './earlier-checkpoints';
import { nameOption } from './name-option';
import { errors } from './output';
import { RunFolder, runFiles } from './run-folder';
import { instead, lastOf, type SavedRun } from './saved-run';
import { bestOf, type Scoring } from './scoring';

/** What to record of a run. */
interface Recording {
  /** The folder of the resumed run, if it continues there. */
  folder?: RunFolder;
  /** Where to save otherwise; default: a new folder in `runs`. */
  out?: string;
  resumed?: SavedRun;
  /** By what the best model is chosen. */
  scoring: Scoring;
  /** What the checkpoints keep of the run. */
  metadata: Record<string, string>;
  /** When checkpoints are made within an epoch, and how many are kept. */
  checkpoints: { steps?: number; seconds?: number; keep: number };
  /** The content of `config.json`, given what the run computes with. */
  config(used: StartEvent): object;
  /** Reports a problem that does not end the run. */
  warn(text: string): void;
}

/** A command line that resumes a run. */
export const resuming = (file: string, ...more: string[]) => commandLine('train', '--resume', file, ...more);

/** A path as a user of this folder would write it. */
export function shown(file: string): string {
  const path = relative('', file);
  if (path === '' || path.startsWith('..')) return file;
  // A leading ~ would stand for the home folder.
  return path.startsWith('~') ? `.${sep}${path}` : path;
}

/** What a run tells in its `events.jsonl`, besides when. */
export type RunEventName =
  | 'started'
  | 'resumed'
  | 'captured'
  | 'warning'
  | 'interrupted'
  | 'failed'
  | 'finished';

/** Whether a run has told its end; true for those of earlier versions, which told nothing. */
export async function hasFinished(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, runFiles.events), 'utf8').catch(() => undefined);
  if (text === undefined) return true;
  try {
    return JSON.parse(text.trimEnd().split('\n').at(-1)!).event === 'finished';
  } catch {
    return false;
  }
}

/** Writes the files of a run: its configuration, the last and the best model, a line for each epoch, and its events. */
export class RunRecorder implements Callback {
  readonly name = 'runRecorder';
  readonly #recording: Recording;
  #folder: RunFolder | undefined;
  #config: object = {};
  readonly #checkpointing: Callback;
  #saved: string | undefined;
  /** Where the last checkpoint in the folder stands. */
  #last: Standing | undefined;
  #moved: string | undefined;
  #metricsAreMissing = false;
  #earlierAreMissing = false;
  #eventsAreMissing = false;
  #hasStarted = false;

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#folder = recording.folder;
    this.#saved = recording.resumed?.file;
    const { checkpoints, metadata, scoring } = recording;
    this.#checkpointing = checkpointing({
      save: (checkpoint) => this.#saveCheckpoint(checkpoint),
      everySteps: checkpoints.steps,
      everySeconds: checkpoints.seconds,
      metric: scoring.main.name,
      mode: scoring.isBetter(1, 0) ? 'max' : 'min',
      metadata,
    });
  }

  /** The folder, once the run has started. */
  get folder(): RunFolder {
    return this.#folder!;
  }

  /** The file from which the run can be resumed. */
  get saved(): string | undefined {
    return this.#saved;
  }

  /** Where an earlier run in the folder was moved. */
  get moved(): string | undefined {
    return this.#moved;
  }

  /** Nothing is written, and no earlier run is moved, before everything has been checked. */
  async onStart(used: StartEvent, run: Run): Promise<void> {
    const { folder: own, out, resumed, config, warn } = this.#recording;
    this.#folder ??= await RunFolder.open(out);
    this.#moved = own === undefined ? await this.#folder.clear(resumed?.folder) : undefined;
    if (own !== undefined && resumed !== undefined) {
      await this.#takeUp(resumed);
      // It may have been killed between its checkpoint and its metrics.
      await this.#writeMetrics(run.history);
    }
    this.#config = config(used);
    const problem = await this.#writeConfig();
    if (problem !== undefined) warn(`${problem} Training continues without it.`);
    await this.#tellStart();
    await this.#checkpointing.onStart!(used, run);
  }

  async onCapture({ captured, reason, threads }: CaptureEvent): Promise<void> {
    const why = reason !== undefined && { notCaptured: reason };
    this.#config = { ...this.#config, captured, ...why, threads };
    await this.#writeConfig();
    await this.#tell('captured', { captured, reason, threads });
  }

  onStep(at: StepEvent, run: Run): void | Promise<void> {
    return this.#checkpointing.onStep!(at, run);
  }

  async onEpoch(record: Parameters<NonNullable<Callback['onEpoch']>>[0], run: Run): Promise<void> {
    await this.#checkpointing.onEpoch!(record, run);
    await this.#writeMetrics(run.history);
  }

  async onAbort(event: Parameters<NonNullable<Callback['onAbort']>>[0], run: Run): Promise<void> {
    await this.#checkpointing.onAbort!(event, run);
    await this.#requireLast(run);
    const { epoch, step, stepsPerEpoch } = event;
    await this.#tell('interrupted', { epoch, step, stepsPerEpoch });
    errors.say(
      `Interrupted at step ${step} of ${stepsPerEpoch} in epoch ${epoch}, and saved. Resume with: ${resuming(this.#saved!)}`,
      2,
    );
  }

  onEnd(_: unknown, run: Run): Promise<void> {
    return this.#requireLast(run);
  }

  /** Saves the run once more if what was saved at this place has been removed since. */
  async #requireLast(run: Run): Promise<void> {
    if (this.folder.has('last')) return;
    const bytes = await run.checkpoint(this.#recording.metadata);
    await this.#saveCheckpoint({ ...run.position, bytes, isBest: false });
    await this.#writeConfig();
    await this.#writeMetrics(run.history);
  }

  /** Reports a problem that does not end the run, and records it. */
  async warn(text: string): Promise<void> {
    this.#recording.warn(text);
    await this.#tell('warning', { message: text });
  }

  /** Records the end of the run, with what `train --json` prints last. */
  finish(summary: object): Promise<void> {
    return this.#tell('finished', { summary });
  }

  /** Records the error that ends the run, if it had started. */
  fail(error: unknown): Promise<void> {
    const message = HarmonicError.is(error) ? error.describe(nameOption) : String(error);
    return this.#tell('failed', { code: HarmonicError.is(error) ? error.code : undefined, message });
  }

  async #tellStart(): Promise<void> {
    this.#hasStarted = true;
    const { resumed } = this.#recording;
    if (resumed === undefined) return this.#tell('started');
    await this.#tell('resumed', { from: resolve(resumed.file), ...resumed.checkpoint.position });
    if (resumed.insteadOf !== undefined) await this.#tell('warning', { message: instead(resumed) });
  }

  async #tell(event: RunEventName, about: object = {}): Promise<void> {
    if (!this.#hasStarted) return;
    const time = new Date().toISOString();
    const problem = await this.folder.append('events', JSON.stringify({ time, event, ...about }));
    if (problem === undefined || this.#eventsAreMissing) return;
    this.#eventsAreMissing = true;
    this.#recording.warn(`${problem} Training continues without it.`);
  }

  #writeConfig(): Promise<string | undefined> {
    return this.folder.note('config', `${JSON.stringify(this.#config, null, 2)}\n`);
  }

  /** Continues in the folder of the resumed run. */
  async #takeUp({ file, folder, checkpoint, insteadOf }: SavedRun): Promise<void> {
    const isLast = resolve(file) === resolve(folder, runFiles.last);
    if (insteadOf !== undefined) {
      const aside = await this.folder.replaceLast(file);
      if (aside !== undefined) await this.warn(`The damaged file is now ${shown(aside)}.`);
    }
    if (isLast || insteadOf !== undefined) this.#last = standing(checkpoint.position!);
    else this.#last = await lastOf(folder);
  }

  async #saveCheckpoint({ bytes, isBest, ...position }: SavedCheckpoint): Promise<void> {
    const isEpoch = position.step === 0 && position.epoch > 1;
    // The best first: a run that is killed in between repeats this epoch, and writes the same best again.
    const hasBest = this.folder.has('best');
    if (isEpoch && (isBest || !hasBest)) await this.folder.write('best', bytes);
    if (isEpoch && !isBest && !hasBest) await this.#tellSubstitute(position.epoch - 1);
    const { keep } = this.#recording.checkpoints;
    const { file, problem } = await this.folder.writeLast(bytes, { before: this.#last, keep });
    this.#saved = shown(file);
    this.#last = standing(position);
    if (problem !== undefined && !this.#earlierAreMissing) await this.warn(`${problem} Training continues.`);
    this.#earlierAreMissing = problem !== undefined;
  }

  /** Says that the model of an epoch stands for the best, which an earlier epoch of the resumed run made and which was not there. */
  async #tellSubstitute(epoch: number): Promise<void> {
    const { resumed, scoring } = this.#recording;
    const best = bestOf(scoring, resumed?.checkpoint.history ?? []);
    if (best === undefined) return;
    const name = shown(join(this.folder.path, runFiles.best));
    await this.warn(
      `The best model so far, with ${scoring.main.title} ${scoring.main.text(best)}, was not beside the resumed one: ${name} holds that of epoch ${epoch}, until one is better. If you have its file, put it there.`,
    );
  }

  async #writeMetrics(history: readonly EpochRecord[]): Promise<void> {
    const lines = history.map((line) => `${JSON.stringify(line)}\n`).join('');
    const problem = await this.folder.note('metrics', lines);
    if (problem !== undefined && !this.#metricsAreMissing) {
      this.#recording.warn(`${problem} Training continues; the file is tried again after the next epoch.`);
    }
    this.#metricsAreMissing = problem !== undefined;
  }

  /** Unlocks the folder. */
  close(): void {
    this.#folder?.close();
  }
}
