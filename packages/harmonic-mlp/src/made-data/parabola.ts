import { functionOf } from './made-dataset';

/** A function without waves. */
export const parabola = functionOf('parabola', 'x²', (x) => x * x);
