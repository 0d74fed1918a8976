import { expect, it } from 'vitest';
import { nearestName } from './nearest-name';

it.each([
  ['seed', 'as it is'],
  ['Seed', 'in other letters'],
  ['se-ed', 'in other words'],
  ['sed', 'with a letter left out'],
  ['seeed', 'with a letter too many'],
  ['sead', 'with a letter replaced'],
  ['sede', 'with its last letters exchanged'],
  ['esed', 'with its first letters exchanged'],
])('%s is seed %s', (name) => {
  expect(nearestName(name, ['epochs', 'seed'])).toBe('seed');
});

it.each([
  ['saad', 'two letters replaced'],
  ['sd', 'two of its four letters left out'],
  ['sedex', 'two letters exchanged and one added'],
  ['desde', 'two pairs of letters exchanged'],
])('%s is not seed: %s', (name) => {
  expect(nearestName(name, ['seed'])).toBeUndefined();
});

it.each([
  ['abdx', 'abcd'],
  ['abcd', 'abdx'],
])('%s is not %s, of whose letters only one has moved', (name, known) => {
  expect(nearestName(name, [known])).toBeUndefined();
});

it('forgives two errors in a longer name, and not three', () => {
  const known = ['batchSize', 'learningRate'];
  expect(nearestName('learnngRatee', known)).toBe('learningRate');
  expect(nearestName('bachsiz', known)).toBe('batchSize');
  expect(nearestName('lernngRatee', known)).toBeUndefined();
});

it('gives the nearest of several, and none of none', () => {
  expect(nearestName('weights', ['weight', 'heights', 'weightss'])).toBe('weight');
  expect(nearestName('speeds', ['seeds', 'speed', 'speeds2'])).toBe('speeds2');
  expect(nearestName('seed', [])).toBeUndefined();
});
