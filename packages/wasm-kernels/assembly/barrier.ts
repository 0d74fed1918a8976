// Where threads wait for one another: those that come early spin for a while, and then sleep, so that they take no time from
// others on a busy machine. A module of its own, because not every engine has the instructions for threads.

// Where the words are in the shared memory: each in a cache line of its own.
const ARRIVED: usize = 64;
const GENERATION: usize = 128;
const SLEEPERS: usize = 192;
/** Not 0 once the threads shall end. */
const ENDED: usize = 256;
/** How many threads there are. */
const THREADS: usize = 320;

/** About a tenth of a millisecond, as long as it takes to wake a thread. */
const SPINS = 100000;
/** About a millisecond: before a step, the first thread gathers its batch and tells of the last one. */
const LONG_SPINS = 1000000;
const SECOND: i64 = 1000000000;
/** The seconds that the first thread waits for another one. */
const PATIENCE = 5;

/**
 * Waits until all threads are here.
 *
 * @param part which of the threads this is; the first one ends them all if another does not come.
 * @returns 0 if the threads shall end, otherwise 1
 */
export function barrier(part: i32): i32 {
  return meet(part, SPINS);
}

/** Like {@link barrier}, at the beginning of a program. */
export function begin(part: i32): i32 {
  return meet(part, LONG_SPINS);
}

function meet(part: i32, spins: i32): i32 {
  const generation = atomic.load<i32>(GENERATION);
  if (atomic.add<i32>(ARRIVED, 1) + 1 == atomic.load<i32>(THREADS)) {
    atomic.store<i32>(ARRIVED, 0);
    atomic.add<i32>(GENERATION, 1);
    if (atomic.load<i32>(SLEEPERS) > 0) atomic.notify(GENERATION, -1);
    return isGoingOn();
  }
  for (let i = 0; i < spins; i++) {
    if (atomic.load<i32>(GENERATION) != generation) return isGoingOn();
  }
  atomic.add<i32>(SLEEPERS, 1);
  let patience = PATIENCE;
  while (atomic.load<i32>(GENERATION) == generation && atomic.load<i32>(ENDED) == 0) {
    const isLate = atomic.wait<i32>(GENERATION, generation, SECOND) == AtomicWaitResult.TIMED_OUT;
    if (isLate && part == 0 && --patience == 0) end();
  }
  atomic.sub<i32>(SLEEPERS, 1);
  return isGoingOn();
}

/** Lets all threads end, those that wait too. */
export function end(): void {
  atomic.store<i32>(ENDED, 1);
  atomic.notify(GENERATION, -1);
}

// @ts-expect-error: decorator
@inline
function isGoingOn(): i32 {
  return i32(atomic.load<i32>(ENDED) == 0);
}
