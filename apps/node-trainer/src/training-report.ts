import { SingleBar } from 'cli-progress';
import type { EpochRecord, FitResult, MetricsEvent, StepEvent } from 'harmonic-mlp';
import type { Backend } from './backends';
import { commandLine } from './command-line';
import { errors, output, printJson } from './output';
import { progressBarOptions } from './progress-bar';
import { printFacts, Table } from './table';

/** What is reported at the end of a run. */
export interface TrainingSummary {
  backend: string;
  /** All finished epochs, including those before a run was resumed. */
  history: EpochRecord[];
  /** The number of steps of this run and their time, for the rate. */
  result: Pick<FitResult, 'steps' | 'stepSeconds'>;
  /** The total time of this run. */
  seconds: number;
  folder: string;
  /** The accuracy of the best model on the test set, if the best was chosen on a validation set. */
  testAccuracy?: number;
  /** Whether the run has ended at a learning rate of almost 0, so that more epochs need another schedule. */
  endedNearZero: boolean;
}

/** The examples on which a model is evaluated after each epoch. */
export type MeasuredOn = 'test' | 'validation';

/** Shows a training run. */
export interface TrainingReport {
  /** Backends are about to be tried, which takes seconds. */
  choosing(): void;
  chosen(backend: Backend, why: string): void;
  /** @param earlier the epochs before the run was resumed. */
  start(introduction: string, earlier: EpochRecord[]): void;
  step(event: StepEvent): void;
  metrics(event: MetricsEvent): void;
  epoch(record: EpochRecord, best: number): void;
  /** The run has been asked to stop early. */
  interrupt(): void;
  /** A problem that does not end the run. */
  warn(text: string): void;
  /** The run failed; only its error follows. */
  end(): void;
  summary(summary: TrainingSummary): void;
}

const percent = (fraction: number | undefined) =>
  fraction === undefined ? '–' : `${(100 * fraction).toFixed(2)}%`;

function duration(exact: number): string {
  if (exact < 59.95) return `${exact.toFixed(1)} s`;
  const seconds = Math.round(exact);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** The accuracy after each finished epoch. */
const accuraciesOf = (history: EpochRecord[]) =>
  history.flatMap(({ validation }) => validation?.accuracy ?? []);

/**
 * One JSON object per line on standard output: the `backend`, if it was chosen, an `epoch` for each epoch, and finally the
 * `summary`.
 */
export class JsonReport implements TrainingReport {
  readonly #measuredOn: MeasuredOn;

  constructor(measuredOn: MeasuredOn) {
    this.#measuredOn = measuredOn;
  }

  choosing(): void {}

  chosen({ name, description, device }: Backend, why: string): void {
    printJson({ event: 'backend', backend: name, computes: description, device, why });
  }

  start(): void {}
  step(): void {}
  metrics(): void {}
  interrupt(): void {}
  end(): void {}

  warn(text: string): void {
    errors.say(text);
  }

  epoch({ epoch, trainLoss, trainAccuracy, validation, seconds }: EpochRecord): void {
    printJson({
      event: 'epoch',
      epoch,
      trainLoss,
      trainAccuracy,
      [`${this.#measuredOn}Accuracy`]: validation?.accuracy,
      seconds,
    });
  }

  summary({ backend, history, result, seconds, testAccuracy }: TrainingSummary): void {
    const accuracies = accuraciesOf(history);
    const best = accuracies.length > 0 ? Math.max(...accuracies) : null;
    printJson({
      event: 'summary',
      backend,
      epochs: history.length,
      ...(this.#measuredOn === 'test'
        ? { testAccuracy: accuracies.at(-1) ?? null, bestTestAccuracy: best }
        : { testAccuracy, bestValidationAccuracy: best }),
      stepsPerSecond: result.steps > 0 ? result.steps / result.stepSeconds : null,
      seconds,
    });
  }
}

/** The table of epochs. */
const tableOf = (measuredOn: MeasuredOn) =>
  new Table([
    { title: 'epoch', width: 5, align: 'right' },
    { title: 'loss', width: 7, align: 'right' },
    { title: 'train', width: 7, align: 'right', optional: true },
    { title: measuredOn === 'test' ? 'test' : 'valid.', width: 7, align: 'right' },
    { title: 'best', width: 7, align: 'right', optional: true },
    { title: 'lr', width: 7, align: 'right', optional: true },
    { title: 'time', width: 11, align: 'right' },
  ]);

/** A progress bar on a terminal, a table row for each epoch, and a table of results. */
export class TerminalReport implements TrainingReport {
  readonly #epochs: number;
  readonly #measuredOn: MeasuredOn;
  readonly #table: Table;
  #bar: SingleBar | undefined;
  #metrics = '';
  #headerPrinted = false;
  #clock: { started: number; steps: number } | undefined;

  constructor(epochs: number, measuredOn: MeasuredOn) {
    this.#epochs = epochs;
    this.#measuredOn = measuredOn;
    this.#table = tableOf(measuredOn);
  }

  choosing(): void {
    if (errors.isTerminal) errors.say('Trying the backends on this machine …');
  }

  chosen({ name }: Backend, why: string): void {
    output.say(`Backend ${name}: ${why}`, 2);
  }

  start(introduction: string, earlier: EpochRecord[]): void {
    output.say(introduction, 2);
    let best = -Infinity;
    for (const record of earlier) {
      best = Math.max(best, record.validation?.accuracy ?? -Infinity);
      this.#printEpoch(record, best);
    }
  }

  step({ epoch, step, stepsPerEpoch }: StepEvent): void {
    this.#printHeader();
    if (!errors.isTerminal) return;
    const left = this.#timeLeft((this.#epochs - epoch + 1) * stepsPerEpoch - step);
    const state = { epoch, epochs: this.#epochs, left, metrics: this.#metrics };
    if (this.#bar === undefined) {
      this.#bar = newBar();
      this.#bar.start(stepsPerEpoch, step, state);
    } else {
      this.#bar.update(step, state);
    }
  }

  /** The time for the given number of steps, at the rate of this run so far: "3 min left". */
  #timeLeft(steps: number): string {
    const now = performance.now();
    this.#clock ??= { started: now, steps: 0 };
    const { started, steps: done } = this.#clock;
    this.#clock.steps++;
    if (done < stepsForRate) return '';
    const seconds = ((now - started) / 1000 / done) * steps;
    return `${seconds < 90 ? `${Math.ceil(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`} left`;
  }

  metrics({ meanLoss, accuracy }: MetricsEvent): void {
    this.#metrics = `loss ${meanLoss.toFixed(4)}  ${percent(accuracy)}`;
  }

  epoch(record: EpochRecord, best: number): void {
    this.#stopBar();
    this.#printEpoch(record, best);
  }

  #printEpoch(
    { epoch, trainLoss, trainAccuracy, validation, learningRate, seconds }: EpochRecord,
    best: number,
  ): void {
    this.#printHeader();
    const isBest = validation?.accuracy === best;
    const line = this.#table.row([
      String(epoch),
      trainLoss.toFixed(4),
      percent(trainAccuracy),
      percent(validation?.accuracy),
      percent(best),
      learningRate === undefined ? '–' : String(Number(learningRate.toPrecision(3))),
      duration(seconds),
    ]);
    output.print(isBest ? line : output.colors.dim(line));
  }

  interrupt(): void {
    this.#stopBar();
    errors.say('Stopping after this step. Press Ctrl-C again to stop at once, without saving.');
  }

  warn(text: string): void {
    this.#stopBar();
    errors.say(text);
  }

  end(): void {
    this.#stopBar();
  }

  summary({ backend, history, result, seconds, folder, testAccuracy, endedNearZero }: TrainingSummary): void {
    this.#stopBar();
    const accuracies = accuraciesOf(history);
    const best = Math.max(...accuracies);
    const bestOfEpoch = `${percent(best)} (epoch ${accuracies.indexOf(best) + 1})`;
    const { bold } = output.colors;
    output.print(`\n${bold('Results')}`);
    printFacts({
      ...(this.#measuredOn === 'test'
        ? { 'Test accuracy': percent(accuracies.at(-1)), 'Best test accuracy': bestOfEpoch }
        : { 'Best validation accuracy': bestOfEpoch, 'Test accuracy of that model': percent(testAccuracy) }),
      'Training loss': history.at(-1)?.trainLoss.toFixed(4) ?? '–',
      Epochs: String(history.length),
      Speed:
        result.steps === 0 ? '–' : `${(result.steps / result.stepSeconds).toFixed(1)} steps/s on ${backend}`,
      Time: duration(seconds),
      'Saved in': folder,
    });
    output.print(`\n${bold('Next')}`);
    for (const command of [
      commandLine('evaluate', '--model', folder),
      commandLine('predict', '0', '--model', folder),
      commandLine(
        ...['train', '--resume', folder, '--epochs', String(2 * history.length)],
        ...(endedNearZero ? ['--schedule', 'constant'] : []),
      ),
    ])
      output.say(`  ${command}`, 2);
  }

  #printHeader(): void {
    if (this.#headerPrinted) return;
    this.#headerPrinted = true;
    output.print();
    this.#table.printTitles();
  }

  #stopBar(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#metrics = '';
  }
}

/** The number of steps after which their rate is worth showing. */
const stepsForRate = 8;

function newBar(): SingleBar {
  const { width } = errors;
  return new SingleBar({
    ...progressBarOptions(),
    format:
      width < 60
        ? '{epoch}/{epochs} {bar} {percentage}% {left}'
        : 'epoch {epoch}/{epochs}  {bar}  {value}/{total}  {left}  {metrics}',
  });
}
