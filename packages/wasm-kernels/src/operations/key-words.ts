import type { RandomKey } from '@harmonic-mlp/core';

/** The two words of the key of a random stream, the second and third argument of the kernels that draw from one. */
export const keyWords = { first: 1, of: ({ key }: { readonly key: RandomKey }) => key };
