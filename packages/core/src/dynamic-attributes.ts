/** The dynamic attributes of the operations that have been called, by the names of their kernels. */
const called = new Map<string, readonly string[]>();

/** Notes the dynamic attributes of an operation that is called. */
export const noteDynamicAttributes = (kernelName: string, attributes: readonly string[]): void =>
  void called.set(kernelName, attributes);

/** The dynamic attributes of an operation; none for one that has not been called. */
export const dynamicAttributesOf = (kernelName: string): readonly string[] => called.get(kernelName) ?? [];
