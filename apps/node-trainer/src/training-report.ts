import { SingleBar } from 'cli-progress';
import type { Evaluation, FitResult, MetricsEvent, StepEvent } from 'harmonic-mlp';
import { type Backend, counted } from './backends';
import { commandLine } from './command-line';
import { duration, EpochTable } from './epoch-table';
import { errors, output, printJson } from './output';
import { progressBarOptions } from './progress-bar';
import { type AnyRecord, bestOf, type MeasuredOn, named, type Scoring, scoreOf } from './scoring';
import { printFacts } from './table';

/** What is reported at the end of a run. */
export interface TrainingSummary {
  backend: string;
  /** All finished epochs, including those before a run was resumed. */
  history: AnyRecord[];
  /** The number of steps of this run and their time, for the rate. */
  result: Pick<FitResult, 'steps' | 'stepSeconds' | 'captured' | 'threads' | 'stopped'>;
  /** The total time of this run. */
  seconds: number;
  folder: string;
  /** The results of the best model on the test set, if the best was chosen on a validation set. */
  test?: Evaluation<number | undefined>;
  /** Whether the run has ended at a learning rate of almost 0, so that more epochs need another schedule. */
  endedNearZero: boolean;
}

/** Shows a training run. */
export interface TrainingReport {
  /** Backends are about to be tried, which takes seconds. */
  choosing(): void;
  chosen(backend: Backend, why: string): void;
  /** @param why what the first steps have shown: "3.9 ms a step; 1 thread 6.6 ms". */
  threads(threads: number, why: string): void;
  /** @param earlier the epochs before the run was resumed. */
  start(introduction: string, earlier: AnyRecord[]): void;
  step(event: StepEvent): void;
  metrics(event: MetricsEvent<number | undefined>): void;
  /** @param best the best score so far. */
  epoch(record: AnyRecord, best: number | undefined): void;
  /** The run has been asked to stop early. */
  interrupt(): void;
  /** A problem that does not end the run. */
  warn(text: string): void;
  /** The run failed; only its error follows. */
  end(): void;
  summary(summary: TrainingSummary): void;
}

/** The summary for programs, which `train --json` prints last. */
export function summaryFor(
  scoring: Scoring,
  measuredOn: MeasuredOn,
  { backend, history, result, seconds, test }: TrainingSummary,
): object {
  const last = history.at(-1)?.validation;
  const best = (prefix: string) =>
    named({ measures: [scoring.main] }, prefix, () => bestOf(scoring, history) ?? null);
  return {
    event: 'summary',
    backend,
    epochs: history.length,
    ...(measuredOn === 'test'
      ? { ...named(scoring, 'test', (metric) => last?.[metric] ?? null), ...best('bestTest') }
      : { ...named(scoring, 'test', (metric) => test?.[metric]), ...best('bestValidation') }),
    captured: result.captured,
    threads: result.threads,
    stepsPerSecond: result.steps > 0 ? result.steps / result.stepSeconds : null,
    seconds,
  };
}

/**
 * One JSON object per line on standard output: the `backend` and the `threads`, if they were chosen, an `epoch` for each epoch, and finally the
 * `summary`.
 */
export class JsonReport implements TrainingReport {
  readonly #scoring: Scoring;
  readonly #measuredOn: MeasuredOn;

  constructor(scoring: Scoring, measuredOn: MeasuredOn) {
    this.#scoring = scoring;
    this.#measuredOn = measuredOn;
  }

  choosing(): void {}

  chosen({ name, description, device }: Backend, why: string): void {
    printJson({ event: 'backend', backend: name, computes: description, device, why });
  }

  threads(threads: number, why: string): void {
    printJson({ event: 'threads', threads, why });
  }

  start(): void {}
  step(): void {}
  metrics(): void {}
  interrupt(): void {}
  end(): void {}

  warn(text: string): void {
    errors.say(text);
  }

  epoch({ epoch, trainLoss, trainAccuracy, trainMetrics, validation, seconds }: AnyRecord): void {
    const inTraining: Record<string, number | undefined> = { accuracy: trainAccuracy, ...trainMetrics };
    printJson({
      event: 'epoch',
      epoch,
      trainLoss,
      ...named(this.#scoring, 'train', (metric) => inTraining[metric]),
      ...named(this.#scoring, this.#measuredOn, (metric) => validation?.[metric]),
      seconds,
    });
  }

  summary(summary: TrainingSummary): void {
    printJson(summaryFor(this.#scoring, this.#measuredOn, summary));
  }
}

/** About as many rows fit a terminal at once. */
const mostRows = 25;
/** The seconds of an epoch that always has a row. */
const longEpoch = 0.5;

/** The least of 1, 2, 5, 10, 20, 50, … that is not less than a number. */
function roundNumber(least: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((number) => number >= least)!;
}

/** A progress bar on a terminal, a table of epochs, and one of results. */
export class TerminalReport implements TrainingReport {
  readonly #epochs: number;
  readonly #scoring: Scoring;
  readonly #measuredOn: MeasuredOn;
  readonly #table: EpochTable;
  readonly #everyRow: number;
  #bar: SingleBar | undefined;
  #metrics = '';
  #headerPrinted = false;
  #clock: { started: number; steps: number } | undefined;

  constructor(epochs: number, scoring: Scoring, measuredOn: MeasuredOn) {
    this.#epochs = epochs;
    this.#scoring = scoring;
    this.#measuredOn = measuredOn;
    this.#table = new EpochTable(scoring, measuredOn);
    this.#everyRow = roundNumber(epochs / mostRows);
  }

  choosing(): void {
    if (errors.isTerminal) errors.say('Trying the backends on this machine …');
  }

  chosen({ name }: Backend, why: string): void {
    output.say(`Backend ${name}: ${why}`, 2);
  }

  threads(threads: number, why: string): void {
    if (!errors.isTerminal) return;
    this.#stopBar();
    errors.say(`Threads ${threads}: ${why}`, 2);
  }

  start(introduction: string, earlier: AnyRecord[]): void {
    output.say(introduction, 2);
    for (const [i, record] of earlier.entries()) {
      if (this.#hasRow(record)) this.#printEpoch(record, bestOf(this.#scoring, earlier.slice(0, i + 1)));
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

  metrics({ meanLoss, accuracy, metrics }: MetricsEvent<number | undefined>): void {
    const { main, lossText } = this.#scoring;
    const value = { accuracy, ...metrics }[main.name];
    this.#metrics = `loss ${lossText(meanLoss)}  ${main.text(value)}`;
  }

  epoch(record: AnyRecord, best: number | undefined): void {
    if (!this.#hasRow(record)) return;
    this.#stopBar();
    this.#printEpoch(record, best);
  }

  /** Whether an epoch has a row in the table: of many short ones, only some have. */
  #hasRow({ epoch, seconds }: AnyRecord): boolean {
    const isAtEnd = epoch === 1 || epoch === this.#epochs;
    return isAtEnd || epoch % this.#everyRow === 0 || seconds >= longEpoch;
  }

  #printEpoch(record: AnyRecord, best: number | undefined): void {
    this.#printHeader();
    this.#table.print(record, best);
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

  summary({ backend, history, result, seconds, folder, test, endedNearZero }: TrainingSummary): void {
    this.#stopBar();
    const { main, measures, lossText } = this.#scoring;
    const best = bestOf(this.#scoring, history);
    const ofEpoch = history.find(({ validation }) => scoreOf(this.#scoring, validation) === best)?.epoch;
    const bestOfEpoch = `${main.text(best)} (epoch ${ofEpoch})`;
    const { bold } = output.colors;
    const facts = (of: Evaluation<number | undefined> | undefined, after = '') =>
      Object.fromEntries(
        measures.map(({ name, title, text }) => [`Test ${title}${after}`, text(of?.[name])]),
      );
    output.print(`\n${bold('Results')}`);
    printFacts({
      ...(this.#measuredOn === 'test'
        ? { ...facts(history.at(-1)?.validation), [`Best test ${main.title}`]: bestOfEpoch }
        : { [`Best validation ${main.title}`]: bestOfEpoch, ...facts(test, ' of that model') }),
      'Training loss': history.length === 0 ? '–' : lossText(history.at(-1)!.trainLoss),
      Epochs: String(history.length),
      Speed:
        result.steps === 0
          ? '–'
          : `${(result.steps / result.stepSeconds).toFixed(1)} steps/s on ${backend}${result.threads > 1 ? ` with ${counted(result.threads)}` : ''}`,
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
