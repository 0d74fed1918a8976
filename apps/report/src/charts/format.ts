import type { Axis, Format } from './chart';

/** A number in a few digits, a fraction as a percentage. */
export function formatValue(value: number | null | undefined, format: Format = 'number'): string {
  if (value == null || !Number.isFinite(value)) return '–';
  if (format === 'percent') return `${Number((100 * value).toFixed(2))}%`;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2).replace(/\.?0+e\+?/, 'e');
  return String(Number(value.toPrecision(4)));
}

/** The text of a value on an axis. */
export const formatOn = ({ format }: Axis, value: number): string => formatValue(value, format);
