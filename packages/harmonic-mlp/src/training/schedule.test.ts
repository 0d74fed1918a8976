import '@tensorflow/tfjs-backend-cpu';
import { HarmonicError } from '@harmonic-mlp/core';
import {
  Adam,
  cosine,
  FrequencyAwareOptimizer,
  join,
  ReduceLROnPlateau,
  type Schedule,
} from '@harmonic-mlp/freq-optimizer';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import type { SavedSchedule } from '../checkpoint';
import type { Run } from './callback';
import { requireScheduleOption, type ScheduleOption, scheduleNames, scheduleOf } from './schedule';

beforeAll(() => setBackend('cpu'));

const optimizer = new Adam({ learningRate: 0.5 });
/** A schedule that steps by epochs, of one's own. */
const own = (kind?: string) => ({
  step() {},
  getState: () => ({ mine: 1 }),
  setState: vi.fn(),
  ...(kind !== undefined && { getClassName: () => kind }),
});

it('The schedules that there are have names', () => {
  expect(scheduleNames().slice(0, 4)).toEqual(['plateau', 'constant', 'step', 'exponential']);
});

describe('requireScheduleOption', () => {
  it('takes what a schedule is given by', () => {
    for (const given of [
      undefined,
      null,
      ...scheduleNames(),
      cosine(),
      own(),
      new ReduceLROnPlateau(optimizer),
    ])
      expect(() => requireScheduleOption(given)).not.toThrow();
  });

  it.each<[unknown, RegExp]>([
    ['plato', /^schedule is "plato"; it must be one of "plateau"/],
    [5, /^schedule is 5; it must be null, a name/],
    [{}, /^schedule is an object without step, getState, setState; it must be null, a name/],
    [{ ...own(), setState: 5 }, /^schedule is an object without setState; it must be/],
    [cosine, /^schedule is a function; it must be/],
  ])('refuses %o', (given, message) => {
    const error = errorOf(() => requireScheduleOption(given as ScheduleOption));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'schedule', value: given });
    expect(error.message).toMatch(message);
  });
});

describe('scheduleOf', () => {
  const savedBy = (given: ScheduleOption | undefined, saved?: SavedSchedule | null) => {
    const { isConstant, save } = scheduleOf(given, optimizer, saved, 7);
    expect(isConstant).toBe(save() === null);
    return save();
  };
  const plateau = (patience: number) => ({
    kind: 'ReduceLROnPlateau',
    settings: expect.objectContaining({ patience }),
    state: expect.any(Object),
  });
  const curve = { kind: 'cosine', settings: { final: 0, warmup: 0.5 } };

  it.each<[string, ScheduleOption | undefined, SavedSchedule | null | undefined, unknown]>([
    ['none', undefined, undefined, plateau(2)],
    ['its name', 'plateau', curve, plateau(2)],
    ['null', null, curve, null],
    ['the name of none', 'constant', curve, null],
    ['the name of a curve', 'cosine', null, { ...curve, settings: { final: 0, warmup: 0 }, steps: 7 }],
    ['a curve', cosine({ warmup: 0.5 }), null, { ...curve, steps: 7 }],
    ['one of one’s own', own(), null, { kind: 'custom', settings: undefined, state: { mine: 1 } }],
    ['one with a name', own('Mine'), null, { kind: 'Mine', settings: undefined, state: { mine: 1 } }],
    ['that of a checkpoint', undefined, { kind: 'ReduceLROnPlateau', settings: { patience: 5 } }, plateau(5)],
    ['that of an older one', undefined, { state: {} }, plateau(2)],
    ['the curve of a checkpoint', undefined, { ...curve, steps: 9 }, { ...curve, steps: 9 }],
    ['the constant rate of a checkpoint', undefined, null, null],
  ])('makes the schedule of %s', (_, given, saved, expected) => {
    expect(savedBy(given, saved)).toEqual(expected);
  });

  it.each<[SavedSchedule, object]>([
    [
      { kind: 'Mine', settings: {} },
      { argument: 'schedule', message: expect.stringMatching(/of kind Mine, which/) },
    ],
    [{ ...curve }, { argument: 'schedule', message: expect.stringMatching(/of kind cosine, which/) }],
    [
      { ...curve, settings: { final: 2 }, steps: 9 },
      { argument: 'schedule.settings.final', value: 2 },
    ],
    [
      { kind: 'ReduceLROnPlateau', settings: { patience: -1 } },
      { argument: 'schedule.settings.patience', value: -1, cause: expect.any(HarmonicError) },
    ],
  ])('refuses that of a checkpoint: %j', (saved, fields) => {
    expect(errorOf(() => savedBy(undefined, saved))).toMatchObject({ code: 'INVALID_DATA', ...fields });
  });

  const mine: Schedule = { name: 'mine', settings: { a: 1 }, factor: (step) => (step < 2 ? 1 : Number.NaN) };

  it.each<[string, Schedule]>([
    ['by itself', mine],
    ['within a join', join([cosine(), mine], [0.5])],
  ])('says of one’s own curve, %s, that it must be given again', (_, given) => {
    const saved = JSON.parse(JSON.stringify(savedBy(given)));
    expect(errorOf(() => savedBy(undefined, saved))).toMatchObject({
      code: 'INVALID_DATA',
      argument: 'schedule',
      message:
        "The checkpoint's run had a schedule of kind mine, which fit cannot make by itself. Pass such a schedule as the option schedule, or null for a constant rate.",
    });
    expect(savedBy(given, saved)).toEqual({ ...saved, settings: given.settings });
  });

  it.each([Number.NaN, -1, '1' as never])('names the schedule whose factor is %j', (factor) => {
    const given = { ...mine, factor: (step: number) => (step < 2 ? 1 : factor) };
    const [callback] = scheduleOf(given, optimizer, null, 7).callbacks(() => 0.5);
    const before = (step: number) =>
      callback.beforeStep!({ epoch: 1, step, stepsPerEpoch: 7 }, { optimizer } as unknown as Run);
    before(2);
    expect(errorOf(() => before(3))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'mine.factor(2, 7)',
      value: factor,
      allowed: 'a finite number at least 0',
    });
  });

  it('refuses one that changes the rate of another optimizer, for which no wrapper is taken', () => {
    const wrapper = new FrequencyAwareOptimizer(optimizer, []);
    for (const given of [new ReduceLROnPlateau(optimizer), new ReduceLROnPlateau(wrapper)])
      for (const trains of [optimizer, wrapper])
        expect(scheduleOf(given, trains, null, 7).stateful).toBe(given);
    const given = new ReduceLROnPlateau(new Adam());
    expect(errorOf(() => savedBy(given))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'schedule',
      value: given,
    });
  });

  it.each<[SavedSchedule | null, boolean]>([
    [{ kind: 'Mine', state: { mine: 2 } }, true],
    [{ state: { mine: 2 } }, true],
    [{ kind: 'Yours', state: { mine: 2 } }, false],
    [{ kind: 'Mine' }, false],
    [null, false],
  ])('goes on with the state of %j: %j', (saved, isLoaded) => {
    const given = own('Mine');
    scheduleOf(given, optimizer, null, 7).load(saved);
    expect(given.setState.mock.calls).toEqual(isLoaded ? [[{ mine: 2 }]] : []);
  });

  it('is followed by a callback, where it is one', () => {
    const names = (given: ScheduleOption) =>
      scheduleOf(given, optimizer, null, 7)
        .callbacks(() => 1)
        .map((callback) => Object.keys(callback).filter((key) => key !== 'name'));
    expect([names(null), names('cosine'), names('plateau')]).toEqual([[], [['beforeStep']], [['onEpoch']]]);
  });
});
