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
async function servesTimers(pacer: { turn(): Promise<void> }): Promise<boolean> {
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

const absent = (...names: string[]) => {
  for (const name of names) vi.stubGlobal(name, undefined);
};

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
