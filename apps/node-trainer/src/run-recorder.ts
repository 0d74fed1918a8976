import { relative, sep } from 'node:path';
import type { Callback, EpochRecord, StartEvent } from 'harmonic-mlp';
import { commandLine } from './command-line';
import { errors } from './output';
import { RunFolder } from './run-folder';
import type { SavedRun } from './saved-run';

/** What there is to write of a run. */
interface Recording {
  /** The folder of the run that goes on, if it does so there. */
  folder?: RunFolder;
  /** Where to save otherwise; undefined for a new folder in `runs`. */
  out?: string;
  resumed?: SavedRun;
  /** What the checkpoints keep of the run. */
  metadata: Record<string, string>;
  /** What `config.json` says, once it is known what the run computes with. */
  config(used: StartEvent): object;
  /** Something that the run goes on without. */
  warn(text: string): void;
}

/** The accuracy that decides which model of a run is the best. */
const accuracyOf = ({ validation }: EpochRecord) => validation?.accuracy ?? -Infinity;

/** The best accuracy of a run so far. */
export const bestOf = (history: readonly EpochRecord[]) => Math.max(...history.map(accuracyOf));

/** A command line by which a run goes on. */
export const resuming = (file: string, ...more: string[]) => commandLine('train', '--resume', file, ...more);

/** A path as a user of this folder would write it. */
export function shown(file: string): string {
  const path = relative('', file);
  if (path === '' || path.startsWith('..')) return file;
  // Otherwise it would be the home folder.
  return path.startsWith('~') ? `.${sep}${path}` : path;
}

/** Writes what a run leaves in its folder: its configuration, the last and the best model, and a line for each epoch. */
export class RunRecorder implements Callback {
  readonly name = 'runRecorder';
  readonly #recording: Recording;
  #folder: RunFolder | undefined;
  #saved: string | undefined;
  #moved: string | undefined;
  #metricsAreMissing = false;

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#folder = recording.folder;
    this.#saved = recording.resumed?.file;
  }

  /** The folder, once the run has started. */
  get folder(): RunFolder {
    return this.#folder!;
  }

  /** Where the run can be resumed from. */
  get saved(): string | undefined {
    return this.#saved;
  }

  /** Where an earlier run went that was in the folder. */
  get moved(): string | undefined {
    return this.#moved;
  }

  /** Nothing is written, and no earlier run moved, before everything has been checked. */
  async onStart(used: StartEvent): Promise<void> {
    const { folder: own, out, resumed, config, warn } = this.#recording;
    this.#folder ??= await RunFolder.open(out);
    this.#moved = own === undefined ? await this.#folder.clear(resumed?.folder) : undefined;
    const problem = await this.#folder.note('config', `${JSON.stringify(config(used), null, 2)}\n`);
    if (problem !== undefined) warn(`${problem} The training goes on without it.`);
  }

  async onEpoch(
    record: Parameters<NonNullable<Callback['onEpoch']>>[0],
    { history }: Parameters<NonNullable<Callback['onEpoch']>>[1],
  ): Promise<void> {
    const isBest = !this.folder.has('best') || accuracyOf(record) > bestOf(history.slice(0, -1));
    const bytes = await record.checkpoint(this.#recording.metadata);
    // The best first: a run that is killed in between does this epoch again, and writes the same best.
    if (isBest) await this.#save('best', bytes);
    this.#saved = await this.#save('last', bytes);
    await this.#writeMetrics(history);
  }

  async onAbort({
    checkpoint,
    epoch,
    step,
    stepsPerEpoch,
  }: Parameters<NonNullable<Callback['onAbort']>>[0]): Promise<void> {
    this.#saved = await this.#save('last', await checkpoint(this.#recording.metadata));
    errors.say(
      `Interrupted at step ${step} of ${stepsPerEpoch} of epoch ${epoch}. Saved; go on with: ${resuming(this.#saved)}`,
      2,
    );
  }

  async #save(name: 'last' | 'best', bytes: Uint8Array): Promise<string> {
    return shown(await this.folder.write(name, bytes));
  }

  async #writeMetrics(history: readonly EpochRecord[]): Promise<void> {
    const lines = history.map((line) => `${JSON.stringify(line)}\n`).join('');
    const problem = await this.folder.note('metrics', lines);
    if (problem !== undefined && !this.#metricsAreMissing) {
      this.#recording.warn(`${problem} The training goes on; it is tried again after the next epoch.`);
    }
    this.#metricsAreMissing = problem !== undefined;
  }

  /** Lets another run use the folder. */
  close(): void {
    this.#folder?.close();
  }
}
