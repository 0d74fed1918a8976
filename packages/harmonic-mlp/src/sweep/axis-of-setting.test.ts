import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import { type Setting, settings } from '../settings';
import { axisOf, requireAxisOf } from './axis-of-setting';

const of = (name: string): Setting => settings.find((setting) => setting.name === name)!;
/** No setting of the table is a number or a name. */
const threads: Setting = {
  ...of('epochs'),
  name: 'threads',
  flag: 'threads',
  type: { kind: 'numberOrName', bounds: { integer: true, min: 1 }, names: ['auto'], default: 'auto' },
};

describe('the axis of texts', () => {
  it.each<[string, string[], unknown]>([
    ['learningRate', ['1e-3,3e-3, .01'], [0.001, 0.003, 0.01]],
    ['learningRate', ['0.001', '0.003'], [0.001, 0.003]],
    ['learningRate', ['0.001'], [0.001]],
    ['learningRate', ['log:1e-4..1e-2'], { from: 1e-4, to: 1e-2, scale: 'log' }],
    ['learningRate', ['log:1e-4..1e-2:5'], { from: 1e-4, to: 1e-2, scale: 'log', points: 5 }],
    ['dropout', ['0..0.5'], { from: 0, to: 0.5 }],
    ['dropout', [' linear:.1...5:3 '], { from: 0.1, to: 0.5, points: 3 }],
    ['epochs', ['5..20'], { from: 5, to: 20, integer: true }],
    ['epochs', ['5,10'], [5, 10]],
    ['batchSize', ['log:16..512:6'], { from: 16, to: 512, scale: 'log', integer: true, points: 6 }],
    ['hidden', ['512,256', '128', 'none'], [[512, 256], [128], []]],
    ['baseFreq', ['1', '1,2'], [1, [1, 2]]],
    ['periods', ['geometric:2,64', 'constant:3'], ['geometric:2,64', 'constant:3']],
    ['activation', ['relu,harmonic', 'tanh'], ['relu', 'harmonic', 'tanh']],
    ['skipConnections', ['yes,no'], [true, false]],
  ])('%s, %j', (name, texts, axis) => {
    expect(axisOf(of(name), texts)).toEqual(axis);
  });

  it('of a setting that is a number or a name', () => {
    expect(axisOf(threads, ['1,2,auto'])).toEqual([1, 2, 'auto']);
    expect(axisOf(threads, ['1..8'])).toEqual({ from: 1, to: 8, integer: true });
  });

  it.each<[string, string[], string]>([
    ['learningRate', [], '--lr is undefined; it must be given at least one value.'],
    ['learningRate', [''], '--lr is ""; it must be a finite number greater than 0.'],
    ['learningRate', ['0.001,'], '--lr is ""; it must be a finite number greater than 0.'],
    ['learningRate', ['fast'], '--lr is "fast"; it must be a finite number greater than 0.'],
    ['learningRate', ['0,0.1'], '--lr is 0; it must be a finite number greater than 0.'],
    ['learningRate', ['0..0.1'], '--lr is 0; it must be a finite number greater than 0.'],
    ['learningRate', ['1e-3,0.001'], '--lr has the value 0.001 twice. Give each value once.'],
    [
      'learningRate',
      ['0.1..0.01'],
      '--lr is "0.1..0.01"; it must be a range from a smaller number to a larger one, such as ',
    ],
    ['learningRate', ['0.1..0.1'], '--lr is "0.1..0.1"; it must be a range from a smaller'],
    [
      'learningRate',
      ['low..high'],
      '--lr is "low..high"; it must be values separated by commas, or a range such as log:1e-4..1e-2.',
    ],
    [
      'learningRate',
      ['log:1e-4..1e-2:1'],
      '--lr is "log:1e-4..1e-2:1"; it must be a range from a smaller number to a larger one, such as log:1e-4..1e-2, or log:1e-4..1e-2:5 for 5',
    ],
    [
      'learningRate',
      ['cube:1e-4..1e-2'],
      '--lr is "cube:1e-4..1e-2"; it must be a finite number greater than 0.',
    ],
    [
      'dropout',
      ['log:0..0.5'],
      '--dropout is "log:0..0.5"; it must be from more than 0, since its scale is logarithmic.',
    ],
    ['dropout', ['0..1'], '--dropout is 1; it must be a finite number at least 0 and less than 1.'],
    ['epochs', ['0.5..4'], '--epochs is 0.5; it must be an integer at least 1.'],
    ['hidden', ['1..4'], '--hidden is "1..4"; it must be an integer at least 1.'],
    ['hidden', ['64', '64'], '--hidden has the value [64] twice. Give each value once.'],
    ['activation', ['rellu'], '--activation is "rellu"; it must be one of'],
    ['skipConnections', ['maybe'], '--skip-connections is "maybe"; it must be true or false.'],
    ['periods', [' '], '--periods is ""; it must be a string that is not empty.'],
  ])('%s, %j is refused', (name, texts, message) => {
    const error = errorOf(() => axisOf(of(name), texts));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message.startsWith(message), error.message).toBe(true);
  });
});

describe('the axis of a setting in a file', () => {
  it.each<[string, unknown, unknown]>([
    ['learningRate', [0.001, 0.01], [0.001, 0.01]],
    ['learningRate', 'log:1e-4..1e-2', { from: 1e-4, to: 1e-2, scale: 'log' }],
    ['learningRate', { from: 1e-4, to: 1e-2, points: 3 }, { from: 1e-4, to: 1e-2, points: 3 }],
    ['epochs', { from: 1, to: 4 }, { from: 1, to: 4, integer: true }],
    ['hidden', [[64], []], [[64], []]],
    ['hidden', '512,256', [[512, 256]]],
    ['skipConnections', [true, false], [true, false]],
  ])('%s, %j', (name, axis, expected) => {
    expect(requireAxisOf(of(name), axis)).toEqual(expected);
  });

  it.each<[string, unknown, string]>([
    ['learningRate', [0.001, -1], 'axes.learningRate is -1; it must be a finite number greater than 0.'],
    ['learningRate', 0.001, 'axes.learningRate is 0.001; it must be a list of values, or a range such as'],
    ['learningRate', 'fast', 'axes.learningRate is "fast"; it must be a finite number greater than 0.'],
    [
      'learningRate',
      { from: 0, to: 1 },
      'axes.learningRate is 0; it must be a finite number greater than 0.',
    ],
    [
      'activation',
      { from: 0, to: 1 },
      'axes.activation is an object; it must be a list of values: only numbers have',
    ],
    ['hidden', [[64], [0]], 'axes.hidden[0] is 0; it must be an integer at least 1.'],
    ['dropout', [0.1, 0.1], 'axes.dropout has the value 0.1 twice. Give each value once.'],
  ])('%s, %j is refused', (name, axis, message) => {
    const error = errorOf(() => requireAxisOf(of(name), axis));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message.startsWith(message), error.message).toBe(true);
  });

  it('has no range between names', () => {
    expect(errorOf(() => requireAxisOf(threads, { from: 'auto', to: 4 })).message).toBe(
      'axes.threads.from is "auto"; it must be a finite number.',
    );
  });
});
