// The function itself, since fake timers may replace it later. Without one, the wall clock.
const clock: { now(): number } = typeof performance === 'object' ? performance : Date;
const read = clock.now;

/** The time in milliseconds, for differences. */
export const now = (): number => read.call(clock);
