import { settings as table } from 'harmonic-mlp/settings';
import { describe, expect, it } from 'vitest';
import {
  fields,
  fromQuery,
  hintOf,
  initialTexts,
  isOfUse,
  parseSettings,
  type Texts,
  textsOf,
  toQuery,
} from './settings';

const withTexts = (texts: Texts): Texts => ({ ...initialTexts, ...texts });
const labelsShown = (texts: Texts) =>
  fields.filter((field) => isOfUse(field, withTexts(texts))).map(({ label }) => label);

describe('settings', () => {
  it('are the published experiment by default, and then need no address', () => {
    expect(parseSettings(initialTexts)).toEqual({
      problems: {},
      settings: {
        hidden: [512, 256],
        activation: 'harmonic',
        baseFreq: 1,
        norm: 'after',
        normKind: 'batch',
        noise: 0,
        inputNoise: 0,
        skipConnections: false,
        standardizeInputs: false,
        dropout: 0.2,
        loss: 'squared',
        labelSmoothing: 0,
        epochs: 15,
        batchSize: 128,
        optimizer: 'adam',
        learningRate: 0.001,
        schedule: 'plateau',
        weightDecay: 1e-5,
        freqScale: 'gradient',
        freqScaleFactor: 0.1,
        seed: 0,
        firstEpoch: 'arrival',
        compare: false,
      },
    });
    expect(toQuery(initialTexts)).toBe('');
    expect(fromQuery('')).toEqual({ texts: initialTexts, ignored: [] });
  });

  it('come back from an address as they went in', () => {
    const texts = withTexts({
      hidden: '64 32',
      maxFreq: '5;3',
      learningRate: ' 3e-3 ',
      compare: 'yes',
      seed: '7',
    });
    const query = toQuery(texts);
    expect(query).toBe('hidden=64,32&max-freq=5,3&seed=7&lr=3e-3&compare=yes');
    const back = fromQuery(`?${query}`);
    expect(back.ignored).toEqual([]);
    expect(parseSettings(back.texts)).toEqual(parseSettings(texts));
    expect(toQuery(back.texts)).toBe(query);
  });

  it('are of use for the task of the data, which is to classify images', () => {
    const fieldOf = (name: string) => fields.find((field) => field.name === name)!;
    expect(isOfUse(fieldOf('labelSmoothing'), initialTexts)).toBe(true);
    expect(isOfUse(fieldOf('loss'), initialTexts)).toBe(false);
    expect(isOfUse(fieldOf('loss'), { ...initialTexts, task: 'regression' })).toBe(true);
  });

  it('explain all of a few choices, and only the current one of many', () => {
    const fieldOf = (name: string) => fields.find((field) => field.name === name)!;
    expect(hintOf(fieldOf('norm'), 'after')).toMatch(/; after: .*; before: .*; none: /);
    const hint = hintOf(fieldOf('activation'), 'relu');
    expect(hint).toContain('; relu: max(0, z).');
    expect(hint).not.toContain('harmonic:');
    expect(hintOf(fieldOf('maxFreq'), '')).toMatch(/ Default: 5, then 3\.$/);
  });

  it('take no nonsense from an address, and name it', () => {
    const { texts, ignored } = fromQuery('?hidden=0&colour=blue&activation=tahn&constructor=1');
    expect(texts).toEqual(initialTexts);
    expect(ignored).toEqual([
      'Hidden units is 0; it must be an integer at least 1 and at most 65536.',
      'There is no setting "colour".',
      expect.stringMatching(/^Activation is "tahn"; it must be one of "harmonic", .* Did you mean "tanh"\?$/),
      'There is no setting "constructor".',
    ]);
  });

  it.each<[Texts, string]>([
    [{ learningRate: '0' }, 'Learning rate is 0'],
    [{ dropout: '1' }, 'Dropout is 1; it must be a finite number at least 0 and less than 1.'],
    [{ dropout: '0,3' }, 'Dropout is "0,3"; it must be a finite number'],
    [{ hidden: '0x10' }, 'Hidden units is "0x10"; it must be an integer'],
    [{ seed: '1.5' }, 'Seed is "1.5"; it must be an integer'],
    [{ epochs: '' }, 'Epochs is ""'],
    [{ batchSize: '1' }, 'Batch size is 1; it must be an integer at least 2'],
    [{ hidden: '' }, 'Hidden units is ""'],
    [
      { maxFreq: '5, 3, 2' },
      'Max frequency has 3 values for 2 hidden layers; pass a single value, or one per layer.',
    ],
    [
      { schedule: 'step', scheduleEvery: '1.5' },
      'Schedule: every is 1.5; it must be a fraction of the run less than 1, or a whole number of steps.',
    ],
    [{ hidden: '10000, 10000' }, 'that makes 107,960,010 parameters; at most 67,108,864 are supported.'],
  ])('say what is wrong with %j', (texts, message) => {
    const { settings, problems } = parseSettings(withTexts(texts));
    expect(settings).toBeUndefined();
    expect(problems[Object.keys(texts).at(-1)!]).toContain(message);
  });

  it('of a linear classifier have no hidden units, also in an address', () => {
    const texts = withTexts(textsOf({ hidden: [], baseFreq: [], maxFreq: [] }));
    expect(toQuery(texts)).toBe('hidden=none');
    expect(parseSettings(fromQuery('hidden=none').texts).settings?.hidden).toEqual([]);
  });

  it('are all of the table, shown where they are of use', () => {
    const ofPage = ['firstEpoch', 'compare'];
    expect(fields.map(({ name }) => name)).toEqual([...table.map(({ name }) => name), ...ofPage]);
    expect(labelsShown({})).not.toContain('Warm-up');
    expect(labelsShown({ schedule: 'cosine' })).toEqual(
      expect.arrayContaining(['Warm-up', 'Schedule: final']),
    );
    expect(labelsShown({ schedule: 'cosine' })).not.toContain('Schedule: gamma');
    expect(labelsShown({ activation: 'relu' })).not.toContain('Base frequency');
    // The other network is harmonic.
    expect(labelsShown({ activation: 'relu', compare: 'yes' })).toContain('Base frequency');
  });

  it('that are of no use do no harm, and are not in an address', () => {
    const texts = withTexts({ schedule: 'cosine', warmup: '0.05', scheduleGamma: '-1', scheduleFinal: '' });
    expect(toQuery(texts)).toBe('schedule=cosine&warmup=0.05');
    const { settings } = parseSettings(texts);
    expect(settings).toMatchObject({ schedule: 'cosine', warmup: 0.05 });
    expect(settings).not.toHaveProperty('scheduleGamma');
    expect(settings).not.toHaveProperty('scheduleFinal');
  });

  it('are read from addresses of earlier releases', () => {
    const query =
      'hidden=1e2,50&activation=relu&base-freq=2&max-freq=5,3&residual=0.2&dropout=0.1&lr=3e-3&schedule=constant&batch-size=1e3&epochs=2&weight-decay=1e-4&freq-scale=update&freq-scale-factor=0.2&seed=7&first-epoch=shuffled&compare=yes';
    const { texts, ignored } = fromQuery(query);
    expect(ignored).toEqual([]);
    expect(parseSettings(texts).settings).toEqual({
      hidden: [100, 50],
      activation: 'relu',
      baseFreq: 2,
      maxFreq: [5, 3],
      residual: 0.2,
      norm: 'after',
      normKind: 'batch',
      noise: 0,
      inputNoise: 0,
      skipConnections: false,
      standardizeInputs: false,
      dropout: 0.1,
      loss: 'squared',
      labelSmoothing: 0,
      optimizer: 'adam',
      learningRate: 3e-3,
      schedule: 'constant',
      batchSize: 1000,
      epochs: 2,
      weightDecay: 1e-4,
      freqScale: 'update',
      freqScaleFactor: 0.2,
      seed: 7,
      firstEpoch: 'shuffled',
      compare: true,
    });
  });

  it('leave what campaigns add to an address alone', () => {
    expect(fromQuery('?utm_source=x&fbclid=1&lr=0.01').ignored).toEqual([]);
  });

  it('of a file are typed as briefly as a person would', () => {
    const settings = parseSettings(initialTexts).settings!;
    const stored = { ...settings, baseFreq: [1, 1], maxFreq: [5, 3] };
    expect(toQuery(withTexts(textsOf(stored)))).toBe('');
    const others = textsOf({
      ...settings,
      hidden: [8],
      maxFreq: [4],
      weightDecay: 1e-4,
      compare: true,
    });
    expect(toQuery(withTexts(others))).toBe('hidden=8&max-freq=4&weight-decay=0.0001&compare=yes');
  });
});
