import { afterAll, describe, expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import { readFixture } from '../../../../test/support/fixtures';
import {
  constant,
  cosine,
  exponential,
  isSchedule,
  join,
  linear,
  makeSchedule,
  oneCycle,
  registerSchedule,
  type Schedule,
  schedules,
  stepDecay,
} from '.';

interface ScheduleCase {
  name: string;
  steps: number;
  settings: Schedule['settings'];
  factors: number[];
}
const { cases } = readFixture<{ cases: ScheduleCase[] }>('schedules');

const curve = (schedule: Schedule, steps: number, until = steps): number[] =>
  Array.from({ length: until }, (_, step) => schedule.factor(step, steps));

describe('factors', () => {
  it.each(cases)('equal PyTorch’s: $name $settings', ({ name, steps, settings, factors }) => {
    const schedule = makeSchedule(name, settings);
    for (const [step, expected] of factors.entries()) {
      expect(Math.abs(schedule.factor(step, steps) - expected), `step ${step}`).toBeLessThan(1e-12);
    }
  });

  it('are seen by a fixture for every kind', () => {
    expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...Object.keys(schedules), 'join']));
  });

  const made: [Schedule, end: number][] = [
    [constant({ warmup: 3 }), 1],
    [stepDecay({ every: 0.5 }), 0.1],
    [exponential({ final: 0.3 }), 0.3],
    [linear({ final: 0.3, warmup: 0.1 }), 0.3],
    [cosine({ final: 0.3 }), 0.3],
    [oneCycle({ final: 0.3 }), 0.3],
    [join([constant(), linear({ final: 0.3 })], [0.5]), 0.3],
  ];
  it.each(made)('of $name are constant after the end', (schedule, end) => {
    for (const step of [20, 21, 1e9]) expect(schedule.factor(step, 20)).toBe(end);
    expect(schedule.factor(0, 20)).not.toBe(end);
  });

  it.each(made)(
    'of $name are the same to the bit when made again from JSON, and asked in any order',
    (one) => {
      const { name, settings } = JSON.parse(JSON.stringify(one));
      const again = makeSchedule(name, settings);
      expect(again.settings).toEqual(one.settings);
      const backwards = curve(again, 50).map((_, step) => again.factor(49 - step, 50));
      expect(backwards.reverse()).toEqual(curve(one, 50));
    },
  );

  it('peak at 1, from the end of a warm-up whose first step is not lost', () => {
    for (const make of [constant, stepDecay, exponential, linear, cosine]) {
      const factors = curve(make({ warmup: 4 }), 20);
      expect(factors.slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
      expect(Math.max(...factors)).toBe(1);
      expect(curve(make({ warmup: 0.2 }), 20)).toEqual(factors);
      expect(make().factor(0, 20)).toBe(1);
    }
  });

  it('take a length of 1 for one step', () => {
    expect(cosine({ warmup: 1 }).factor(0, 4)).toBe(0.5);
    expect(oneCycle({ warmup: 1 }).factor(1, 4)).toBe(1);
    expect(stepDecay({ every: 1 }).factor(1, 4)).toBe(0.1);
    expect(curve(join([linear({ final: 0.5 }), constant()], [1]), 4)).toEqual([1, 1, 1, 1]);
  });

  it('only rise where the warm-up is longer than the run', () => {
    expect(curve(cosine({ warmup: 9 }), 4)).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(cosine({ warmup: 4 }).factor(4, 4)).toBe(1);
  });

  it('are numbers in a run of one step', () => {
    for (const name of Object.keys(schedules)) {
      expect(Number.isFinite(makeSchedule(name).factor(0, 1)), name).toBe(true);
      expect(Number.isFinite(makeSchedule(name).factor(1, 1)), name).toBe(true);
    }
  });

  it('of step fall in whole parts of the run, none of them at its last step or its end', () => {
    const dropsOf = (schedule: Schedule, steps: number) =>
      curve(schedule, steps, steps + 1).flatMap((factor, step, all) =>
        factor < all[step - 1] ? [step] : [],
      );
    expect(dropsOf(stepDecay({ every: 1 / 3 }), 99)).toEqual([33, 66]);
    expect(dropsOf(stepDecay({ every: 1 / 3 }), 100)).toEqual([33, 67]);
    expect(dropsOf(stepDecay({ every: 0.1 }), 30)).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 27]);
    expect(dropsOf(stepDecay({ every: 10 }), 30)).toEqual([10, 20]);
    // Of a run of one step, 0.3 is nearest to its start.
    expect(stepDecay({ every: 0.3 }).factor(0, 1)).toBe(0.1);
    expect(dropsOf(stepDecay({ every: 0.5, warmup: 0.2 }), 100)).toEqual([60]);
  });

  it('of a join begin anew at each boundary, given by fractions or steps', () => {
    const [first, second] = [linear({ final: 0.5 }), cosine({ warmup: 0.25 })];
    const factors = [...curve(first, 12), ...curve(second, 8)];
    expect(curve(join([first, second], [0.6]), 20)).toEqual(factors);
    expect(curve(join([first, second], [12]), 20)).toEqual(factors);
    expect(curve(join([first], []), 20)).toEqual(curve(first, 20));
  });

  it('of a join of joins', () => {
    const inner = join([constant(), linear()], [0.5]);
    const outer = join([inner, constant()], [0.5]);
    expect(curve(outer, 8)).toEqual([1, 1, 1, 0.5, 1, 1, 1, 1]);
    const { name, settings } = JSON.parse(JSON.stringify(outer));
    expect(curve(makeSchedule(name, settings), 8)).toEqual(curve(outer, 8));
  });
});

it('is plain data, with all settings', () => {
  expect(JSON.parse(JSON.stringify(cosine({ warmup: 0.1 })))).toEqual({
    name: 'cosine',
    settings: { warmup: 0.1, final: 0 },
  });
  const schedule = cosine({ final: undefined });
  expect(() => Object.assign(schedule.settings, { final: 1 })).toThrow(TypeError);
});

it('says its defaults in the table', () => {
  for (const [name, definition] of Object.entries(schedules)) {
    expect(definition.name).toBe(name);
    expect(definition.summary).toMatch(/^[A-Z].*\.$/);
    const defaults = Object.entries(definition.settings).map(([setting, given]) => [setting, given.default]);
    expect(makeSchedule(name).settings).toEqual(Object.fromEntries(defaults));
  }
});

it('is told from other values', () => {
  expect([cosine(), join([linear()], [])].every(isSchedule)).toBe(true);
  const { name, settings, factor } = cosine();
  const parts = [
    { name, settings },
    { name, factor },
    { settings, factor },
  ];
  for (const value of [undefined, null, 'cosine', ...parts, () => 1]) expect(isSchedule(value)).toBe(false);
});

describe('registered by a user', () => {
  const registered = 'polynomial';
  afterAll(() => {
    delete (schedules as Record<string, unknown>)[registered];
  });

  it('is made by its name, checked by its table, and taken once', () => {
    const polynomial = {
      name: registered,
      summary: 'Falls along a power of the steps that are left.',
      settings: { power: { default: 2, bounds: { above: 0 }, summary: 'The power.' } },
      factor: (step: number, steps: number, { power }: { power: number }) => (1 - step / steps) ** power,
    };
    registerSchedule(polynomial);
    expect(curve(makeSchedule(registered), 4)).toEqual([1, 0.5625, 0.25, 0.0625]);
    expect(makeSchedule(registered, { power: 1 }).factor(1, 4)).toBe(0.75);
    expect(Object.keys(schedules)).toContain(registered);
    // Where a schedule is given by name, `plateau` is a ReduceLROnPlateau.
    for (const name of [registered, 'cosine', 'join', 'plateau']) {
      expect(() => registerSchedule({ ...polynomial, name })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'name', value: name }),
      );
    }
    expect(errorOf(() => makeSchedule(registered, { power: 0 }))).toMatchObject({ argument: 'power' });
  });

  const mine = {
    name: 'mine',
    summary: 'Falls.',
    settings: { power: { default: 2, bounds: { above: 0 }, summary: 'The power.' } },
    factor: () => 1,
  };
  const withPower = (change: unknown) => ({
    ...mine,
    settings: { power: change && { ...mine.settings.power, ...change } },
  });
  it.each<[string, unknown, argument: string]>([
    ['nothing', undefined, 'definition'],
    ['a function', () => 1, 'definition'],
    ['no name', { ...mine, name: undefined }, 'definition'],
    ['an empty name', { ...mine, name: '' }, 'definition'],
    ['no summary', { ...mine, summary: undefined }, 'definition'],
    ['no settings', { ...mine, settings: undefined }, 'definition'],
    ['settings that are null', { ...mine, settings: null }, 'definition'],
    ['no factor', { ...mine, factor: undefined }, 'definition'],
    ['another member', { ...mine, warmup: 1 }, 'warmup'],
    ['a default out of bounds', withPower({ default: 0 }), 'power'],
    ['no default', withPower({ default: undefined }), 'power'],
    ['a setting without bounds', withPower({ bounds: undefined }), 'settings.power'],
    ['a setting whose bounds are a number', withPower({ bounds: 1 }), 'settings.power'],
    ['a setting without a summary', withPower({ summary: undefined }), 'settings.power'],
    ['a setting that is none', withPower(null), 'settings.power'],
  ])('is refused with %s', (_, definition, argument) => {
    expect(errorOf(() => registerSchedule(definition as never))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument,
    });
    expect(schedules).not.toHaveProperty('mine');
  });
});

describe('is refused', () => {
  const three = [constant(), linear(), cosine()];
  it.each<[string, () => unknown, argument: string, value: unknown]>([
    ['a text', () => oneCycle({ initial: '0.1' as never }), 'initial', '0.1'],
    ['null', () => oneCycle({ warmup: null as never }), 'warmup', null],
    ['settings that are not an object', () => cosine(0.1 as never), 'settings', 0.1],
    ['a step before the first', () => cosine().factor(-1, 10), 'step', -1],
    ['half a step', () => cosine().factor(0.5, 10), 'step', 0.5],
    ['a run of no steps', () => cosine().factor(0, 0), 'steps', 0],
    ['a run of a step and a half', () => cosine().factor(0, 1.5), 'steps', 1.5],
    ['a run of unknown length', () => cosine().factor(0, undefined as never), 'steps', undefined],
    ['no list to join', () => join(undefined as never, []), 'schedules', undefined],
    ['nothing to join', () => join([], []), 'schedules', []],
    ['a name to join', () => join([linear(), 'cosine' as never], [0.5]), 'schedules[1]', 'cosine'],
    ['no boundaries', () => join(three, undefined as never), 'boundaries', undefined],
    ['too few boundaries', () => join(three, [0.5]), 'boundaries', [0.5]],
    ['too many boundaries', () => join(three, [0.2, 0.3, 0.5]), 'boundaries', [0.2, 0.3, 0.5]],
    ['boundaries that fall', () => join(three, [0.5, 0.3]), 'boundaries', [0.5, 0.3]],
    ['boundaries that are equal', () => join(three, [5, 5]), 'boundaries', [5, 5]],
    ['a boundary at the start', () => join(three, [0, 0.5]), 'boundaries', [0, 0.5]],
    ['fractions among steps', () => join(three, [0.5, 10]), 'boundaries', [0.5, 10]],
    ['a fraction before one step', () => join(three, [0.5, 1]), 'boundaries', [0.5, 1]],
    ['half a step among boundaries', () => join(three, [1.5, 10]), 'boundaries', [1.5, 10]],
    ['saved settings that are none', () => makeSchedule('join', 5 as never), 'settings', 5],
    ['saved parts that are none', () => makeSchedule('join', { schedules: 5 }), 'schedules', 5],
    ['saved parts of no kind', () => makeSchedule('join', { schedules: [{}] }), 'schedule', undefined],
    ['a saved part that is null', () => makeSchedule('join', { schedules: [null] }), 'schedule', undefined],
  ])('%s', (_, run, argument, value) => {
    expect(errorOf(run)).toMatchObject({ code: 'INVALID_ARGUMENT', argument, value });
  });

  it.each<[name: string, setting: string, outside: number[]]>([
    ['constant', 'warmup', [-0.1, 1.5]],
    ['step', 'every', [0, 1.5]],
    ['step', 'gamma', [0, 1.1]],
    ['exponential', 'final', [0, 1.1]],
    ['linear', 'final', [-0.1, 1.1]],
    ['cosine', 'final', [-0.1, 1.1]],
    ['one-cycle', 'initial', [-0.1, 1.1]],
    ['one-cycle', 'warmup', [-0.1, 1.5]],
    ['one-cycle', 'final', [-0.1, 1.1]],
  ])('%s with a %s of %j', (name, setting, outside) => {
    for (const value of outside) {
      expect(errorOf(() => makeSchedule(name, { [setting]: value }))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        argument: setting,
        value,
      });
    }
  });

  it.each<[string, () => unknown, object]>([
    [
      'an unknown kind',
      () => makeSchedule('cosin'),
      { argument: 'schedule', value: 'cosin', fix: 'Did you mean "cosine"?' },
    ],
    ['a misspelled join', () => makeSchedule('jion'), { fix: 'Did you mean "join"?' }],
    [
      'an unknown setting',
      () => makeSchedule('cosine', { warmUp: 0.1 }),
      { argument: 'warmUp', fix: 'Did you mean warmup?' },
    ],
    [
      'a setting of another kind',
      () => linear({ gamma: 0.1 } as never),
      { message: 'linear has no option "gamma". It takes final, warmup.' },
    ],
    [
      'an unknown part of a join',
      () => makeSchedule('join', { schedule: [] }),
      { argument: 'schedule', fix: 'Did you mean schedules?' },
    ],
    [
      'a length that is neither',
      () => cosine({ warmup: 2.5 }),
      {
        message: 'warmup is 2.5; it must be a fraction of the run less than 1, or a whole number of steps.',
      },
    ],
    [
      'a boundary too few',
      () => join(three, [0.5]),
      {
        message:
          'boundaries is an array; it must be a list of 2 ascending fractions of the run, or as many steps. Join schedules as in join([constant(), cosine()], [0.5]).',
      },
    ],
  ])('%s, with what to do', (_, run, fields) => {
    expect(errorOf(run)).toMatchObject({ code: 'INVALID_ARGUMENT', ...fields });
  });
});
