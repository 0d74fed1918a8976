import { functionOf } from './made-dataset';

/** A wave that gets faster, from a standstill at −1 to 40 radians per unit at 1. */
export const chirp = functionOf('chirp', 'sin 10(x + 1)²', (x) => Math.sin(10 * (x + 1) ** 2));
