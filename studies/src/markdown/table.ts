/** A table of a document. */
export interface MarkdownTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A table in Markdown, with columns of even width: the first aligned left, the others right. */
export function toMarkdown({ columns, rows }: MarkdownTable): string {
  const lines = [columns, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = columns.map((_, i) => Math.max(3, ...lines.map((cells) => cells[i].length)));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const padded = lines.map((cells) =>
    line(cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))),
  );
  const rule = line(widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  return [padded[0], rule, ...padded.slice(1)].join('\n');
}
