import { perElement } from './shader';

/** Converts integers, which tfjs only calls floats when it casts them. */
export const floats = /* @__PURE__ */ perElement({
  name: 'floats of integers',
  reads: ['x: i32'],
  writes: ['y'],
  body: 'y[i] = f32(x[i]);',
});
