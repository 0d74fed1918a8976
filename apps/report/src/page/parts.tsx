import type { ComponentChildren } from 'preact';
import type { Chart } from '../charts';

/** A part of a page with a heading. */
export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Charts side by side, where there is room. */
export function Charts({ charts, wide = false }: { charts: readonly Chart[]; wide?: boolean }) {
  return (
    <div class={wide ? 'charts wide' : 'charts'}>
      {charts.map(({ name, title, description }) => (
        <figure key={name}>
          <figcaption>{title}</figcaption>
          <div class="chart" data-chart={name} role="img" aria-label={description} />
        </figure>
      ))}
    </div>
  );
}

/** Names with their values; those without a value are left out. */
export function Facts({ facts }: { facts: Readonly<Record<string, ComponentChildren>> }) {
  return (
    <dl class="facts">
      {Object.entries(facts).map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** A column of a table. */
export interface Column {
  title: string;
  /** Whether its cells are numbers, which are aligned to the right. */
  isNumber?: boolean;
}

/** A row of a table; its first cell is its heading. */
export interface Row {
  cells: readonly ComponentChildren[];
  /** Whether it stands out. */
  isBest?: boolean;
}

/** A table that scrolls inside its own place where it is too wide. */
export function Table({
  title,
  columns,
  rows,
}: {
  /** What it holds, for readers who do not see it. */
  title: string;
  columns: readonly Column[];
  rows: readonly Row[];
}) {
  const look = ({ isNumber }: Column) => (isNumber ? 'number' : undefined);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reachable by keyboard.
    <section class="table" aria-label={title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={look(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ cells, isBest }, i) => (
            <tr key={String(i)} class={isBest ? 'best' : undefined}>
              {columns.map((column, j) =>
                j === 0 ? (
                  <th key={column.title} scope="row" class={look(column)}>
                    {cells[j]}
                  </th>
                ) : (
                  <td key={column.title} class={look(column)}>
                    {cells[j]}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Something that is folded away until somebody asks for it. */
export function Folded({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** A command line to copy. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <pre>
        <code>{text}</code>
      </pre>
      <button type="button" data-copy={text} hidden>
        Copy
      </button>
    </div>
  );
}
