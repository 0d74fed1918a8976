import { output } from './output';
import { wrapped } from './wrapped';

/** A column of a table. */
export interface Column {
  title: string;
  /** In characters; default: that of the longest cell, where all are known. */
  width?: number;
  /** Numbers are aligned to the right. Default: left. */
  align?: 'left' | 'right';
  /** Whether the column is left out on a terminal that is too narrow; of several ranks, the highest is left out first. */
  optional?: boolean | number;
}

const gap = '  ';

/** Prints a table on standard output whose rows are all known. */
export function printTable(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  const table = new Table(
    columns.map((column, i) => ({
      ...column,
      width: Math.max(...[column.title, ...rows.map((row) => row[i])].map((cell) => cell.length)),
    })),
  );
  table.printTitles();
  for (const row of rows) output.print(table.row(row));
}

/** A table that is printed on standard output row by row. */
export class Table {
  readonly #columns: readonly Column[];

  constructor(columns: readonly (Column & { width: number })[]) {
    this.#columns = columns;
  }

  printTitles(): void {
    output.print(output.colors.dim(this.row(this.#columns.map(({ title }) => title))));
  }

  /** The line of a row. */
  row(cells: readonly string[]): string {
    const most = this.#mostOptional();
    return this.#columns
      .map(({ width = 0, align, optional }, i) => {
        if (Number(optional ?? 0) > most) return undefined;
        return align === 'right' ? cells[i].padStart(width) : cells[i].padEnd(width);
      })
      .filter((cell) => cell !== undefined)
      .join(gap)
      .trimEnd();
  }

  /** The highest rank of the columns that fit together. */
  #mostOptional(): number {
    const rank = ({ optional }: Column) => Number(optional ?? 0);
    const ranks = [...new Set(this.#columns.map(rank))].sort((a, b) => b - a);
    const fits = (most: number) => {
      const widths = this.#columns.filter((column) => rank(column) <= most).map(({ width = 0 }) => width);
      // A terminal of exactly that width would add an empty line.
      return widths.reduce((sum, width) => sum + gap.length + width, -gap.length) < output.width;
    };
    return ranks.find(fits) ?? 0;
  }
}

/** Prints names with their values on standard output. */
export function printFacts(facts: Readonly<Record<string, string>>, { indent = 2 } = {}): void {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) {
    output.say(`${' '.repeat(indent)}${name.padEnd(width)}${gap}${value}`, width + gap.length);
  }
}

/** The width of a label, with the space after it. */
const labelWidth = 14;

/** Prints a label with a text wrapped beside it, or below it on narrow terminals. */
export function printLabelled(label: string, text: string): void {
  const { width } = output;
  const isNarrow = width < 44;
  const head = isNarrow ? `${label}${label && '\n'}  ` : label.padEnd(labelWidth);
  output.print(wrapped(`${head}${text}`, width, isNarrow || label === '' ? 0 : labelWidth));
}
