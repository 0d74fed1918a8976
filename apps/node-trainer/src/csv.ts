import { formatSetting } from 'harmonic-mlp/settings';

/** A table as comma-separated values (RFC 4180, with line feeds): a line of titles, and one for each row. */
export const csv = (titles: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  [titles, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');

/** Missing values are empty. */
function field(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : formatSetting(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
