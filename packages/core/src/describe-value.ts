/**
 * Describes a value for an error message: numbers and short strings as they are, everything else by its kind, such as
 * `an array`, `a tensor of shape [2,3]`, or `a promise, which must be awaited first`.
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  const { shape, dataId, then } = value as { shape?: unknown; dataId?: unknown; then?: unknown };
  if (Array.isArray(shape) && dataId !== undefined) return `a tensor of shape [${shape}]`;
  if (typeof then === 'function') return 'a promise, which must be awaited first';
  // The tag is also right for arrays and buffers from another realm.
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return kind === 'Object' ? 'an object' : `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
