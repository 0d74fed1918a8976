import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** A pacer that takes every turn, of a module that is loaded now, with the globals as they are. */
async function freshPacer() {
  vi.resetModules();
  const { Pacer } = await import('./pacer');
  return new Pacer(-1);
}

const { setTimeout: startTimer } = globalThis;

/** Whether a timer is served while nothing but the pacer's turns are awaited. */
async function servesTimers(pacer: { turn(): Promise<void> | undefined }): Promise<boolean> {
  let isServed = false;
  const fired = new Promise<void>((resolve) => {
    startTimer(() => {
      isServed = true;
      resolve();
    }, 1);
  });
  for (let turn = 0; turn < 100_000 && !isServed; turn++) await pacer.turn();
  const result = isServed;
  await fired;
  return result;
}

/** Takes globals away, as if they had never been there. */
const absent = (...names: string[]) => {
  for (const name of names) {
    vi.stubGlobal(name, undefined);
    Reflect.deleteProperty(globalThis, name);
  }
};

it.each<[string, number, number[], boolean[]]>([
  ['at once if a piece would take too long', 10, [6, 6], [true, true]],
  [
    'before a piece that, like the last one, would exceed the limit',
    10,
    [4, 4, 4, 4],
    [false, true, false, true],
  ],
  ['not before one that just ends in time', 10, [5, 5], [false, true]],
  ['not while pieces are short', 50, [12, 12, 12, 12, 12], [false, false, false, true, false]],
])('gives a turn %s', async (_, limit, pieces, turns) => {
  let time = 1000;
  let taken = 0;
  vi.stubGlobal('performance', { now: () => time });
  vi.stubGlobal('setImmediate', (call: () => void) => {
    taken += 1;
    call();
  });
  const { Pacer } = await import('./pacer');
  const pacer = limit === 50 ? new Pacer() : new Pacer(limit);
  const given = [];
  for (const piece of pieces) {
    time += piece;
    const before = taken;
    await pacer.turn();
    given.push(taken > before);
  }
  expect(given).toEqual(turns);
});

it('takes no timer where there is something quicker', async () => {
  let timers = 0;
  vi.stubGlobal('setTimeout', () => {
    timers += 1;
  });
  const pacer = await freshPacer();
  await pacer.turn();
  expect(timers).toBe(0);
});

it('does not wait for a setTimeout that is a mock', async () => {
  absent('setImmediate', 'MessageChannel');
  vi.stubGlobal(
    'setTimeout',
    Object.assign(() => {}, { _isMockFunction: true }),
  );
  const pacer = await freshPacer();
  await pacer.turn();
});

it.each<[string, string[]]>([
  ['setImmediate and MessageChannel', []],
  ['MessageChannel, as in a browser', ['setImmediate']],
  ['setImmediate, without MessageChannel', ['MessageChannel']],
  ['setTimeout alone, as in jsdom under Jest', ['setImmediate', 'MessageChannel']],
])('gives the event loop its turn with %s', async (_, missing) => {
  absent(...missing);
  const pacer = await freshPacer();
  expect(await servesTimers(pacer)).toBe(true);
});

it.each<[string, string[], string[]]>([
  ['setImmediate', ['setImmediate'], []],
  ['everything', [], []],
  ['setTimeout, in jsdom,', ['setTimeout'], ['setImmediate', 'MessageChannel']],
])('does not wait for fake timers where %s is faked after it was loaded', async (_, toFake, missing) => {
  absent(...missing);
  const pacer = await freshPacer();
  vi.useFakeTimers(toFake.length > 0 ? { toFake: toFake as never } : undefined);
  await pacer.turn();
});

it.each<[string, string[], string[]]>([
  ['setImmediate', ['setImmediate'], []],
  ['everything', [], []],
  ['setTimeout, in jsdom,', ['setTimeout'], ['setImmediate', 'MessageChannel']],
])('does not wait for fake timers where %s was faked before it was loaded', async (_, toFake, missing) => {
  absent(...missing);
  vi.useFakeTimers(toFake.length > 0 ? { toFake: toFake as never } : undefined);
  const pacer = await freshPacer();
  await pacer.turn();
});

it('does not wait for a setImmediate that was replaced by one that never calls', async () => {
  vi.stubGlobal('setImmediate', () => {});
  const pacer = await freshPacer();
  await pacer.turn();
});

it('works where there is nothing to wait for, and no performance', async () => {
  absent('setImmediate', 'MessageChannel', 'setTimeout', 'performance');
  const pacer = await freshPacer();
  await pacer.turn();
});

it('takes the time of performance, or else that of the wall clock', async () => {
  vi.stubGlobal('performance', { now: () => 5 });
  expect((await import('./now')).now()).toBe(5);
  vi.resetModules();
  absent('performance');
  expect((await import('./now')).now()).toBeCloseTo(Date.now(), -3);
});
