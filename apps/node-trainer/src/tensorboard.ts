import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { EventFile } from '@harmonic-mlp/tensorboard/node';
import type { Callback, StartEvent } from 'harmonic-mlp';
import type { Dataset, Part } from './data';
import { hasCode } from './errors';
import type { MeasuredOn } from './scoring';

/**
 * Creates a file of events for TensorBoard, before anything is trained. Closing it removes it if nothing was written.
 *
 * @throws {TrainerError} `UNWRITABLE` when the folder cannot be written.
 */
export async function createEventFile(folder: string): Promise<EventFile> {
  const { eventFile } = await import('@harmonic-mlp/tensorboard/node');
  const file = eventFile(folder);
  try {
    file.open();
    return file;
  } catch (error) {
    throw hasCode(error, 'UNWRITABLE') ? error.with({ fix: 'Give another --tensorboard.' }) : error;
  }
}

/** What {@link tensorBoardOf} needs to know of a run. */
interface ShownRun {
  data: Dataset;
  measuredOn: MeasuredOn;
  /** Whether it continues an earlier run. */
  isResumed: boolean;
  configuration(used: StartEvent): object;
  warn(text: string): void;
}

/** Writes what TensorBoard shows of a run. */
export async function tensorBoardOf(
  file: EventFile,
  { data, measuredOn, isResumed, configuration, warn }: ShownRun,
): Promise<Callback> {
  const { tensorBoard } = await import('@harmonic-mlp/tensorboard');
  if (!isResumed && hasOtherEvents(file)) {
    warn(
      `${file.folder} has the events of another run, which TensorBoard hides behind those of this one. Give each run a --tensorboard of its own.`,
    );
  }
  return tensorBoard({
    to: file,
    configuration,
    inputs: inputsOf(data.validation ?? data.test),
    imageShape: data.example(0).picture?.shape ?? null,
    validationName: measuredOn,
    onProblem: (error) =>
      warn(`${(error as Error).message} Training continues; TensorBoard's events are tried again.`),
  });
}

const hasOtherEvents = ({ folder, path = '' }: EventFile): boolean =>
  readdirSync(folder).some((name) => name.includes('.tfevents.') && name !== basename(path));

/** Examples as the model takes them: images are stored in another form. */
const inputsOf = (part: Part) => ('batches' in part ? part : (part.inputs as Float32Array));
