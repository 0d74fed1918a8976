const known = new WeakSet<object>();

/**
 * Marks a function that does the same operations for all inputs of the same shapes, so that a recording of them stands for all
 * calls. Only this library's own are marked: those of others may depend on anything.
 */
/* @__NO_SIDE_EFFECTS__ */
export function pure<F extends (...args: never[]) => unknown>(f: F): F {
  known.add(f);
  return f;
}

/** Whether a function is marked as {@link pure}. */
export const isPure = (f: object): boolean => known.has(f);
