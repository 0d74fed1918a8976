import { output } from './output';
import { type AnyRecord, type MeasuredOn, type Scoring, scoreOf } from './scoring';
import { Table } from './table';

/** A time as people say it: "3.2 s", "2 min 05 s". */
export function duration(exact: number): string {
  if (exact < 59.95) return `${exact.toFixed(1)} s`;
  const seconds = Math.round(exact);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

const rateWidth = 7;

/** A learning rate to three digits, in the width of its column. */
function rateText(rate: number): string {
  const text = String(Number(rate.toPrecision(3)));
  return text.length <= rateWidth ? text : rate.toExponential(2);
}

/** The table of a run's epochs, on standard output. */
export class EpochTable {
  readonly #scoring: Scoring;
  readonly #table: Table;

  constructor(scoring: Scoring, measuredOn: MeasuredOn) {
    this.#scoring = scoring;
    this.#table = new Table([
      { title: 'epoch', width: 5, align: 'right' },
      { title: 'loss', width: 7, align: 'right' },
      ...scoring.columns.map(({ title, width, optional }) => ({
        title: typeof title === 'string' ? title : title(measuredOn),
        width,
        align: 'right' as const,
        optional,
      })),
      { title: 'best', width: 7, align: 'right', optional: true },
      { title: 'lr', width: rateWidth, align: 'right', optional: true },
      { title: 'time', width: 11, align: 'right' },
    ]);
  }

  printTitles(): void {
    this.#table.printTitles();
  }

  /** @param best the best score so far. */
  print(record: AnyRecord, best: number | undefined): void {
    const { epoch, trainLoss, validation, learningRate, seconds } = record;
    const { main, columns, lossText } = this.#scoring;
    const isBest = scoreOf(this.#scoring, validation) === best;
    const line = this.#table.row([
      String(epoch),
      lossText(trainLoss),
      ...columns.map(({ text }) => text(record)),
      main.text(best),
      learningRate === undefined ? '–' : rateText(learningRate),
      duration(seconds),
    ]);
    output.print(isBest ? line : output.colors.dim(line));
  }
}
