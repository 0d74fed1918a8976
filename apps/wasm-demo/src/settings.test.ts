import { describe, expect, it } from 'vitest';
import { fromQuery, initialTexts, parseSettings, type Texts, textsOf, toQuery } from './settings';

const withTexts = (texts: Partial<Texts>): Texts => ({ ...initialTexts, ...texts });

describe('settings', () => {
  it('are the published experiment by default, and then need no address', () => {
    expect(parseSettings(initialTexts)).toEqual({
      problems: {},
      settings: {
        hidden: [512, 256],
        activation: 'harmonic',
        'base-freq': [1],
        'max-freq': [],
        residual: 0.1,
        dropout: 0.2,
        epochs: 15,
        'batch-size': 128,
        lr: 0.001,
        schedule: 'plateau',
        'weight-decay': 1e-5,
        'freq-scale': 'gradient',
        'freq-scale-factor': 0.1,
        seed: 0,
        'first-epoch': 'arrival',
        compare: false,
      },
    });
    expect(toQuery(initialTexts)).toBe('');
    expect(fromQuery('')).toEqual({ texts: initialTexts, ignored: [] });
  });

  it('come back from an address as they went in', () => {
    const texts = withTexts({ hidden: '64 32', 'max-freq': '5;3', lr: ' 3e-3 ', compare: 'yes', seed: '7' });
    const query = toQuery(texts);
    expect(query).toBe('hidden=64,32&max-freq=5,3&lr=3e-3&seed=7&compare=yes');
    const back = fromQuery(`?${query}`);
    expect(back.ignored).toEqual([]);
    expect(parseSettings(back.texts)).toEqual(parseSettings(texts));
    expect(toQuery(back.texts)).toBe(query);
  });

  it('take no nonsense from an address, and name it', () => {
    const { texts, ignored } = fromQuery('?hidden=0&colour=blue&activation=tanh&constructor=1');
    expect(texts).toEqual(initialTexts);
    expect(ignored).toEqual([
      'Hidden units is 0; it must be an integer at least 1 and at most 65536.',
      'There is no setting "colour".',
      'Activation is "tanh"; it must be one of harmonic, relu, linear.',
      'There is no setting "constructor".',
    ]);
  });

  it.each<[Partial<Texts>, string]>([
    [{ lr: '0' }, 'Learning rate is 0'],
    [{ dropout: '1' }, 'Dropout is 1; it must be a finite number at least 0 and at most 0.95.'],
    [{ dropout: '0,3' }, 'Dropout is "0,3"; it must be a finite number'],
    [{ hidden: '0x10' }, 'Hidden units is "0x10"; it must be an integer'],
    [{ seed: '1.5' }, 'Seed is 1.5; it must be an integer'],
    [{ epochs: '' }, 'Epochs is ""'],
    [{ 'batch-size': '1' }, 'Batch size is 1; it must be an integer at least 2'],
    [{ hidden: '' }, 'Hidden units is ""'],
    [
      { 'max-freq': '5, 3, 2' },
      'Max frequency has 3 values for 2 hidden layers; give one for all, or one for each.',
    ],
    [{ hidden: '10000, 10000' }, 'that makes 107,960,010 parameters; at most 67,108,864 are supported.'],
  ])('say what is wrong with %j', (texts, message) => {
    const { settings, problems } = parseSettings(withTexts(texts));
    expect(settings).toBeUndefined();
    expect(problems[Object.keys(texts)[0] as keyof Texts]).toContain(message);
  });

  it('of a linear classifier have no hidden units, also in an address', () => {
    const texts = withTexts(textsOf({ hidden: [], 'base-freq': [], 'max-freq': [] }));
    expect(toQuery(texts)).toBe('hidden=none');
    expect(parseSettings(fromQuery('hidden=none').texts).settings?.hidden).toEqual([]);
  });

  it('leave what campaigns add to an address alone', () => {
    expect(fromQuery('?utm_source=x&fbclid=1&lr=0.01').ignored).toEqual([]);
  });

  it('of a file are typed as briefly as a person would', () => {
    const settings = parseSettings(initialTexts).settings!;
    const stored = { ...settings, 'base-freq': [1, 1], 'max-freq': [5, 3] };
    expect(toQuery(withTexts(textsOf(stored)))).toBe('');
    const others = textsOf({
      ...settings,
      hidden: [8],
      'max-freq': [4],
      'weight-decay': 1e-4,
      compare: true,
    });
    expect(toQuery(withTexts(others))).toBe('hidden=8&max-freq=4&weight-decay=0.0001&compare=yes');
  });
});
