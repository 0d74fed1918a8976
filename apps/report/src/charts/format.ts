import type { Axis, Format } from './chart';

/** A number in a few digits, a fraction as a percentage. */
export function formatValue(value: number | null | undefined, format: Format = 'number'): string {
  if (value == null || !Number.isFinite(value)) return '–';
  if (format === 'percent') return `${(100 * value).toFixed(2)}%`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    return value.toExponential(3).replace(/\.?0*e\+?/, 'e');
  }
  return String(Number(value.toPrecision(4)));
}

/** The text of a value on an axis, where zeros at the end say nothing. */
export const formatOn = ({ format }: Axis, value: number): string =>
  formatValue(value, format).replace(/\.?0+%$/, '%');
