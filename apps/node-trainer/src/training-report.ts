import { SingleBar } from 'cli-progress';
import type { EpochRecord, FitResult, MetricsEvent, StepEvent } from 'harmonic-mlp';
import pc from 'picocolors';
import type { Backend } from './backends';
import { progressBarOptions } from './progress-bar';

/** What there is to say at the end of a run. */
export interface TrainingSummary {
  backend: string;
  /** All finished epochs, those of a resumed run included. */
  history: EpochRecord[];
  /** The steps of this run and their time, of which the rate is made. */
  result: Pick<FitResult, 'steps' | 'stepSeconds'>;
  /** The whole time of this run. */
  seconds: number;
  folder: string;
  /** The accuracy of the best model on the test set, where the best was chosen on examples held out for that. */
  testAccuracy?: number;
}

/** On which examples a model is measured after each epoch. */
export type MeasuredOn = 'test' | 'validation';

/** How a training run is shown. */
export interface TrainingReport {
  /** Backends are tried, which takes seconds. */
  choosing(): void;
  chosen(backend: Backend, why: string): void;
  start(introduction: string): void;
  step(event: StepEvent): void;
  metrics(event: MetricsEvent): void;
  epoch(record: EpochRecord, best: number): void;
  /** The run ends early. */
  interrupt(): void;
  /** Nothing more follows, but an error. */
  end(): void;
  summary(summary: TrainingSummary): void;
}

const percent = (fraction: number | undefined) =>
  fraction === undefined ? '–' : `${(100 * fraction).toFixed(2)} %`;

const duration = (seconds: number) =>
  seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, '0')} s`;

/** The accuracies after the finished epochs. */
const accuraciesOf = (history: EpochRecord[]) =>
  history.flatMap(({ validation }) => validation?.accuracy ?? []);

/**
 * One JSON object a line on standard output: the `backend`, where it was chosen, an `epoch` for each epoch, and last the
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

/** Prints one line of JSON. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

const columnsFor = (measuredOn: MeasuredOn) => [
  { title: 'epoch', width: 5 },
  { title: 'loss', width: 7 },
  { title: 'train', width: 8, wide: true },
  { title: measuredOn === 'test' ? 'test' : 'valid.', width: 8 },
  { title: 'best', width: 8, wide: true },
  { title: 'lr', width: 7, wide: true },
  { title: 'time', width: 8 },
];

/** A line of the table; a narrow terminal shows fewer columns. */
function row(columns: ReturnType<typeof columnsFor>, cells: string[]): string {
  const isNarrow = (process.stdout.columns ?? 80) < 64;
  return columns
    .map(({ width, wide }, i) => (wide && isNarrow ? undefined : cells[i].padStart(width)))
    .filter((cell) => cell !== undefined)
    .join('  ');
}

/** A progress bar on a terminal, a table row for each epoch, and a table of results. */
export class TerminalReport implements TrainingReport {
  readonly #epochs: number;
  readonly #measuredOn: MeasuredOn;
  readonly #columns: ReturnType<typeof columnsFor>;
  #bar: SingleBar | undefined;
  #metrics = '';
  #headerPrinted = false;

  constructor(epochs: number, measuredOn: MeasuredOn) {
    this.#epochs = epochs;
    this.#measuredOn = measuredOn;
    this.#columns = columnsFor(measuredOn);
  }

  choosing(): void {
    if (process.stderr.isTTY) console.error('Trying the backends of this machine …');
  }

  chosen({ name }: Backend, why: string): void {
    console.log(`Backend ${name}: ${why}`);
  }

  start(introduction: string): void {
    console.log(introduction);
  }

  step({ epoch, step, stepsPerEpoch }: StepEvent): void {
    this.#printHeader();
    if (!process.stderr.isTTY) return;
    const metrics = this.#metrics;
    if (this.#bar === undefined) {
      this.#bar = newBar();
      this.#bar.start(stepsPerEpoch, step, { epoch, epochs: this.#epochs, metrics });
    } else {
      this.#bar.update(step, { metrics });
    }
  }

  metrics({ meanLoss, accuracy }: MetricsEvent): void {
    this.#metrics = `loss ${meanLoss.toFixed(4)}  ${percent(accuracy)}`;
  }

  epoch(
    { epoch, trainLoss, trainAccuracy, validation, learningRate, seconds }: EpochRecord,
    best: number,
  ): void {
    this.#stopBar();
    const isBest = validation?.accuracy === best;
    const line = row(this.#columns, [
      String(epoch),
      trainLoss.toFixed(4),
      percent(trainAccuracy),
      percent(validation?.accuracy),
      percent(best),
      String(Number(learningRate.toPrecision(3))),
      duration(seconds),
    ]);
    console.log(isBest ? line : pc.dim(line));
  }

  interrupt(): void {
    this.#stopBar();
    console.error('Stopping after this step; press Ctrl-C again to stop at once, without saving.');
  }

  end(): void {
    this.#stopBar();
  }

  summary({ backend, history, result, seconds, folder, testAccuracy }: TrainingSummary): void {
    this.#stopBar();
    const accuracies = accuraciesOf(history);
    const best = Math.max(...accuracies);
    const rows: [name: string, value: string][] = [
      ...(this.#measuredOn === 'test'
        ? ([
            ['Test accuracy', percent(accuracies.at(-1))],
            ['Best test accuracy', `${percent(best)} (epoch ${accuracies.indexOf(best) + 1})`],
          ] as [string, string][])
        : ([
            ['Best validation accuracy', `${percent(best)} (epoch ${accuracies.indexOf(best) + 1})`],
            ['Its test accuracy', percent(testAccuracy)],
          ] as [string, string][])),
      ['Training loss', history.at(-1)?.trainLoss.toFixed(4) ?? '–'],
      ['Epochs', String(history.length)],
      [
        'Speed',
        result.steps === 0 ? '–' : `${(result.steps / result.stepSeconds).toFixed(1)} steps/s on ${backend}`,
      ],
      ['Time', duration(seconds)],
      ['Saved in', folder],
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    console.log(`\n${pc.bold('Results')}`);
    for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`);
  }

  #printHeader(): void {
    if (this.#headerPrinted) return;
    this.#headerPrinted = true;
    console.log(
      `\n${pc.dim(
        row(
          this.#columns,
          this.#columns.map(({ title }) => title),
        ),
      )}`,
    );
  }

  #stopBar(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#metrics = '';
  }
}

function newBar(): SingleBar {
  const width = process.stderr.columns ?? 80;
  return new SingleBar({
    ...progressBarOptions(),
    format:
      width < 60
        ? '{epoch}/{epochs} {bar} {percentage}%'
        : `epoch {epoch}/{epochs}  {bar}  {value}/{total}  ${width < 90 ? '' : 'ETA {eta_formatted}  '}{metrics}`,
  });
}
