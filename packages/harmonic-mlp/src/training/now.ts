// The function itself, since fake timers replace it later; where there is none, the wall clock.
const clock: { now(): number } = typeof performance === 'object' ? performance : Date;
const read = clock.now;

/** The time in milliseconds, for differences. */
export const now = (): number => read.call(clock);
