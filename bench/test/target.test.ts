import { readFileSync } from 'node:fs';
import { settingWords } from '@harmonic-mlp/node-trainer';
import { expect, it } from 'vitest';
import { machine } from '../src/machine';
import { markdownTarget, networksOf, optionsIn } from '../src/parts/target';

const study = readFileSync(new URL('../../docs/study/classification.md', import.meta.url), 'utf8');

it('the options of networks are those of the study', () => {
  const [relu, gelu] = ['ReLU', 'GELU'].map((name) => optionsIn(study, name));
  expect(relu.join(' ')).toContain('--hidden 512,256 --activation relu ');
  expect(gelu.join(' ')).toContain('--hidden 512,256 --activation gelu ');
  expect(relu.join(' ')).toContain(settingWords({ epochs: 15 }).join(' '));
  // Rows are in the order of their accuracies.
  const turned = study
    .split('\n')
    .reverse()
    .join('\n')
    .replaceAll('<!-- /study', '<!-- STUDY')
    .replaceAll('<!-- study', '<!-- /study');
  expect(optionsIn(turned.replaceAll('<!-- STUDY', '<!-- study'), 'ReLU')).toEqual(relu);
  expect(() => optionsIn(study, 'Sigmoid')).toThrow('The study has no options of Sigmoid');
  expect(() => optionsIn('', 'ReLU')).toThrow('no options of ReLU');
});

it('all networks have the backend of the study', () => {
  const networks = networksOf(study);
  expect(networks.map(({ name }) => name)).toEqual(['recommended', 'ReLU, tuned', 'GELU, tuned']);
  for (const { options } of networks) expect(options.join(' ')).toMatch(/--backend wasm$/);
});

it('the table has medians, and ratios of the same rounds to the first network', () => {
  const of = (network: string, threads: number, seconds: number[]) => ({
    ...{ network, threads, seconds },
    epochs: seconds.map((_, i) => 2 + i),
  });
  const here = { ...machine(), cpu: 'Some CPU', cores: 2, node: 'v24.0.0' };
  const found = [
    of('recommended', 1, [8, 100, 10]),
    of('recommended', 2, [4, 4, 4]),
    of('other', 1, [4, 50, 11]),
    of('other', 2, [6, 2, 3]),
  ];
  expect(markdownTarget({ networks: ['recommended', 'other'], found }, here).split('\n')).toEqual([
    '|             |      1 thread |    2 threads | epochs |',
    '| ----------- | ------------: | -----------: | -----: |',
    '| recommended |        10.0 s |        4.0 s |      3 |',
    '| other       | 11.0 s, 0.50× | 3.0 s, 0.75× |      3 |',
    '',
    'Medians of 3 seeds, 101 to 103; Node v24.0.0, Some CPU, 2 processors. Made by `pnpm bench --only target --readme`.',
  ]);
});
