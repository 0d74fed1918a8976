/**
 * Replaces a method of a class.
 *
 * @param handle what is called instead, with the object, the earlier method, and the arguments.
 * @returns what puts the earlier method back.
 */
export function replaceMethod<This extends object, Args extends unknown[], Result>(
  prototype: object,
  name: string,
  handle: (self: This, earlier: (...args: Args) => Result, ...args: Args) => Result,
): () => void {
  const methods = prototype as Record<string, (...args: Args) => Result>;
  const earlier = methods[name];
  let isWithdrawn = false;
  const replacement = function (this: This, ...args: Args): Result {
    const callEarlier = (...args: Args) => earlier.apply(this, args);
    return isWithdrawn ? callEarlier(...args) : handle(this, callEarlier, ...args);
  };
  methods[name] = replacement;
  return () => {
    // Other code may have replaced it since, and still call this one.
    isWithdrawn = true;
    if (methods[name] === replacement) methods[name] = earlier;
  };
}
