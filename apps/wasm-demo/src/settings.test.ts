import { periods } from '@harmonic-mlp/harmonic-layer';
import { resolveConfig } from 'harmonic-mlp';
import { madeDatasets } from 'harmonic-mlp/made-data';
import { modelOptions, modelValues, presetSettings, settings as table } from 'harmonic-mlp/settings';
import { describe, expect, it } from 'vitest';
import { modelForm } from './dataset';
import { readPeriods, writePeriods } from './periods-text';
import {
  commandOptions,
  fields,
  fromQuery,
  hintOf,
  initialTexts,
  initialTextsFor,
  isOfUse,
  isProposed,
  parseSettings,
  type Texts,
  textsOf,
  textsOfLoaded,
  toQuery,
  withText,
} from './settings';

const withTexts = (texts: Texts): Texts => ({ ...initialTexts, ...texts });
const labelsShown = (texts: Texts) =>
  fields.filter((field) => isOfUse(field, withTexts(texts))).map(({ label }) => label);

describe('settings', () => {
  it('are the published experiment with that preset', () => {
    expect(parseSettings(initialTexts)).toEqual({
      problems: {},
      settings: {
        dataset: 'mnist',
        preset: 'published',
        hidden: [512, 256],
        activation: 'harmonic',
        baseFreq: 1,
        norm: 'after',
        normKind: 'batch',
        noise: 0,
        inputNoise: 0,
        skipConnections: false,
        standardizeInputs: false,
        maxNorm: 'none',
        dropout: 0.2,
        loss: 'squared',
        labelSmoothing: 0,
        epochs: 15,
        batchSize: 128,
        optimizer: 'adam',
        clipNorm: 'none',
        learningRate: 0.001,
        schedule: 'plateau',
        weightDecay: 1e-5,
        freqScale: 'gradient',
        freqScaleFactor: 0.1,
        seed: 0,
        firstEpoch: 'arrival',
        compare: false,
        backend: 'wasm',
      },
    });
    expect(toQuery(initialTexts)).toBe('preset=published');
    expect(fromQuery('preset=published')).toEqual({ texts: initialTexts, ignored: [] });
  });

  it('are recommended in an address without any, and published in one of earlier releases, which names no preset', () => {
    const { texts, ignored } = fromQuery('');
    expect(ignored).toEqual([]);
    expect(fromQuery('utm_source=x')).toEqual({ texts, ignored });
    expect(toQuery(texts)).toBe('preset=recommended');
    expect(fromQuery('preset=recommended')).toEqual({ texts, ignored });
    expect(parseSettings(texts).settings).toMatchObject(presetSettings('recommended'));
    for (const earlier of ['lr=0.001', 'seed=3', 'dataset=mnist', 'compare=yes'])
      expect(fromQuery(earlier).texts).toMatchObject({ preset: 'published', activation: 'harmonic' });
    expect(fromQuery('preset=best').ignored).toHaveLength(1);
  });

  it('of a preset give way to those of another, but not what was chosen', () => {
    const recommended = withText(withTexts({ seed: '3', dropout: '0.45' }), 'preset', 'recommended');
    expect(recommended).toEqual({ ...fromQuery('').texts, seed: '3', dropout: '0.45' });
    expect(toQuery(recommended)).toBe('preset=recommended&dropout=0.45&seed=3');
    expect(withText(recommended, 'preset', 'published')).toEqual(withTexts({ seed: '3', dropout: '0.45' }));
    // Made data have none, but it comes back with MNIST.
    const waves = withText(recommended, 'dataset', 'waves');
    expect(waves).toMatchObject({ hidden: '64', dropout: '0.45' });
    expect(labelsShown(waves)).not.toContain('Preset');
    expect(withText(waves, 'dataset', 'mnist')).toEqual(recommended);
  });

  it('of a preset leave the periods open where others are chosen, or another activation', () => {
    const { texts } = fromQuery('');
    for (const query of ['preset=recommended&max-freq=8', 'preset=recommended&activation=harmonic']) {
      const address = fromQuery(query);
      expect(address).toMatchObject({ texts: { periods: '' }, ignored: [] });
      expect(toQuery(address.texts)).toBe(query);
    }
    const chosen = withText(withTexts({ maxFreq: '8' }), 'preset', 'recommended');
    expect(chosen).toMatchObject({ preset: 'recommended', periods: '', maxFreq: '8' });
    const harmonic = withText(texts, 'activation', 'harmonic');
    expect(harmonic).toEqual({ ...texts, activation: 'harmonic', periods: '', residual: '' });
    expect(withText(harmonic, 'activation', texts.activation)).toEqual(texts);
    // Periods that were chosen stay.
    const own = withText({ ...texts, periods: 'linear:1,2' }, 'activation', 'harmonic');
    expect(own.periods).toBe('linear:1,2');
    expect(fromQuery(toQuery(own)).texts).toEqual(own);
    expect(fromQuery('preset=best').texts).toEqual(texts);
  });

  it('of a file replace those of the model, and name the preset that has the most in common', () => {
    const { texts } = fromQuery('');
    const published = { ...modelValues(resolveConfig({ inputSize: 784, classes: 10 })), dataset: 'mnist' };
    const current = { ...texts, learningRate: '0.02' };
    // A model alone, whose training is that of the page.
    const model = textsOfLoaded(current, published, false);
    expect(model).toMatchObject({
      activation: 'harmonic',
      periods: '',
      inputNoise: '0',
      learningRate: '0.02',
    });
    const { settings } = parseSettings(texts);
    expect(textsOfLoaded(withTexts({ seed: '9' }), settings!, true)).toEqual(texts);
    expect(textsOfLoaded(texts, parseSettings(initialTexts).settings!, true)).toEqual(initialTexts);
    // What computes is a matter of the page, not of the run.
    const onGraphics = withTexts({ backend: 'webgpu' });
    expect(textsOfLoaded(onGraphics, settings!, true)).toEqual({ ...texts, backend: 'webgpu' });
    const waves = parseSettings(initialTextsFor('waves')).settings!;
    expect(textsOfLoaded(texts, waves, true)).toMatchObject({ dataset: 'waves', preset: 'recommended' });
  });

  it('of a preset are those of the command line, which leaves out what belongs to another activation', () => {
    const { texts } = fromQuery('');
    expect(commandOptions(texts)).toEqual([]);
    expect(commandOptions({ ...texts, activation: 'relu' })).toEqual(['--activation relu']);
    const { periods } = texts;
    expect(commandOptions({ ...texts, activation: 'harmonic' })).toEqual(
      expect.arrayContaining(['--activation harmonic', `--periods ${periods}`]),
    );
    expect(commandOptions({ ...texts, periods: '' })).toEqual(['--periods capped']);
    expect(commandOptions({ ...texts, optimizer: 'sgd' })).toEqual(
      expect.arrayContaining(['--optimizer sgd', `--lr ${texts.learningRate}`]),
    );
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
    expect(query).toBe('preset=published&hidden=64,32&max-freq=5,3&seed=7&lr=3e-3&compare=yes');
    const back = fromQuery(`?${query}`);
    expect(back.ignored).toEqual([]);
    expect(parseSettings(back.texts)).toEqual(parseSettings(texts));
    expect(toQuery(back.texts)).toBe(query);
  });

  it('are of use for the task of the data, which is to classify images', () => {
    const fieldOf = (name: string) => fields.find((field) => field.name === name)!;
    expect(isOfUse(fieldOf('labelSmoothing'), initialTexts)).toBe(true);
    expect(isOfUse(fieldOf('loss'), initialTexts)).toBe(false);
    expect(isOfUse(fieldOf('loss'), { ...initialTexts, dataset: 'waves' })).toBe(true);
  });

  it('explain all of a few choices, and only the current one of many', () => {
    const hint = (texts: Texts) => {
      const [name] = Object.keys(texts);
      return hintOf(fields.find((field) => field.name === name)!, withTexts(texts));
    };
    expect(hint({ norm: 'after' })).toMatch(/; after: .*; before: .*; none: /);
    expect(hint({ dataset: 'waves' })).toBe('What the network learns; waves: sin 25x + x/2.');
    expect(hint({ periods: '' })).toMatch(/; capped: min\(.*, maxFreq\) for unit i\.$/);
    expect(hint({ periods: 'geometric:2,64' })).toMatch(/; geometric: in equal ratios/);
    expect(hint({ periods: '', dataset: 'waves' })).toMatch(/; proposed: /);
    const ofRelu = hint({ activation: 'relu' });
    expect(ofRelu).toContain('; relu: max(0, z).');
    expect(ofRelu).not.toContain('harmonic:');
    expect(hint({ maxFreq: '' })).toMatch(/ Default: 5, then 3\.$/);
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
    expect(toQuery(texts)).toBe('preset=published&hidden=none');
    expect(parseSettings(fromQuery('hidden=none').texts).settings?.hidden).toEqual([]);
  });

  it('are all of the table, shown where they are of use', () => {
    const ofTable = table.map(({ name }) => name);
    expect(fields.map(({ name }) => name)).toEqual([
      ...['dataset', 'preset', 'examples', 'dataNoise'],
      ...ofTable,
      ...['firstEpoch', 'compare', 'backend'],
    ]);
    expect(labelsShown({})).not.toContain('Warm-up');
    expect(labelsShown({ schedule: 'cosine' })).toEqual(
      expect.arrayContaining(['Warm-up', 'Schedule: final']),
    );
    expect(labelsShown({ schedule: 'cosine' })).not.toContain('Schedule: gamma');
    expect(labelsShown({ activation: 'relu' })).not.toContain('Base frequency');
  });

  it('of either network that is compared are of use, and those of no other', () => {
    const ofActivations = (texts: Texts) =>
      labelsShown(texts).filter((label) => /^Activation: |^Periods$|frequency$/.test(label));
    const ofHarmonic = ['Base frequency', 'Max frequency', 'Periods', 'Activation: residual'];
    for (const activation of ['harmonic', 'relu'])
      expect(ofActivations({ activation, compare: 'yes' })).toEqual(ofHarmonic);
    expect(ofActivations({ activation: 'siren', compare: 'yes' })).toEqual([
      ...ofHarmonic,
      'Activation: omega',
    ]);
    // The command line trains one.
    const texts = withTexts({ activation: 'relu', compare: 'yes', residual: '0.2', baseFreq: '2' });
    expect(commandOptions(texts)).toEqual(['--preset published', '--activation relu']);
  });

  it('that are of no use do no harm, and are not in an address', () => {
    const texts = withTexts({ schedule: 'cosine', warmup: '0.05', scheduleGamma: '-1', scheduleFinal: '' });
    expect(toQuery(texts)).toBe('preset=published&schedule=cosine&warmup=0.05');
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
      dataset: 'mnist',
      preset: 'published',
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
      maxNorm: 'none',
      dropout: 0.1,
      loss: 'squared',
      labelSmoothing: 0,
      optimizer: 'adam',
      clipNorm: 'none',
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
      backend: 'wasm',
    });
  });

  it('leave what campaigns add to an address alone', () => {
    expect(fromQuery('?utm_source=x&fbclid=1&lr=0.01').ignored).toEqual([]);
  });

  it('of a file are typed as briefly as a person would', () => {
    const settings = parseSettings(initialTexts).settings!;
    const stored = { ...settings, baseFreq: [1, 1], maxFreq: [5, 3] };
    expect(toQuery(withTexts(textsOf(stored)))).toBe('preset=published');
    const others = textsOf({
      ...settings,
      hidden: [8],
      maxFreq: [4],
      weightDecay: 1e-4,
      compare: true,
    });
    expect(toQuery(withTexts(others))).toBe(
      'preset=published&hidden=8&max-freq=4&weight-decay=0.0001&compare=yes',
    );
  });

  it('of capped periods are of use only where no other distribution is chosen, which then decides', () => {
    expect(labelsShown({})).toContain('Base frequency');
    expect(labelsShown({ periods: 'geometric:2,64' })).not.toContain('Base frequency');
    const texts = withTexts({ periods: 'geometric:2,64', baseFreq: '3' });
    expect(parseSettings(texts).settings).toMatchObject({ periods: 'geometric:2,64', baseFreq: 1 });
    expect(toQuery(texts)).toBe('preset=published&periods=geometric:2,64');
  });
});

describe('a made data set', () => {
  const own = ['Examples', 'Noise in the data'];

  it.each(Object.entries(madeDatasets))(
    '%s has settings that suit it, in a short address',
    (name, { task }) => {
      const { texts, ignored } = fromQuery(`dataset=${name}`);
      expect(ignored).toEqual([]);
      expect(toQuery(texts)).toBe(`dataset=${name}`);
      const { settings } = parseSettings(texts);
      expect(settings).toMatchObject({
        ...{ dataset: name, examples: 512, dataNoise: 0, hidden: [64], norm: 'none', dropout: 0 },
        ...{ batchSize: 32, epochs: 500, learningRate: 0.005, schedule: 'cosine', standardizeInputs: true },
      });
      // They are proposed from the data.
      for (const each of ['periods', 'baseFreq', 'maxFreq']) expect(settings).not.toHaveProperty(each);
      for (const label of ['Base frequency', 'Max frequency'])
        expect(labelsShown(texts)).not.toContain(label);
      expect(settings).not.toHaveProperty('firstEpoch');
      expect(labelsShown(texts)).toEqual(expect.arrayContaining(own));
      expect(labelsShown(texts)).not.toContain('First epoch');
      const model = resolveConfig({ ...modelOptions(settings!), ...modelForm(name) });
      expect(model.task ?? 'classification').toBe(task);
    },
  );

  it('has settings of its own that MNIST does not', () => {
    for (const label of own) expect(labelsShown({})).not.toContain(label);
    expect(toQuery(withTexts({ examples: '9', dataNoise: '1' }))).toBe('preset=published');
    expect(parseSettings(withTexts({ examples: '9' })).settings).not.toHaveProperty('examples');
  });

  it('leaves what an address chooses, whatever comes first there', () => {
    for (const query of ['dataset=waves&hidden=8&lr=0.1', 'lr=0.1&hidden=8&dataset=waves']) {
      const { texts } = fromQuery(query);
      expect(texts).toMatchObject({ hidden: '8', learningRate: '0.1', norm: 'none' });
      expect(toQuery(texts)).toBe('dataset=waves&hidden=8&lr=0.1');
    }
    // Also a choice that is the default with MNIST.
    const plain = fromQuery('dataset=waves&standardize-inputs=no&dropout=0.2');
    expect(parseSettings(plain.texts).settings).toMatchObject({ standardizeInputs: false, dropout: 0.2 });
    expect(toQuery(plain.texts)).toBe('dataset=waves&standardize-inputs=no&dropout=0.2');
    expect(fromQuery('dataset=wavs').ignored).toEqual([expect.stringContaining('Did you mean "waves"?')]);
    expect(fromQuery('dataset=wavs').texts).toEqual(initialTexts);
  });

  it('has capped periods if these are chosen, until they are left to the data again', () => {
    const query = 'dataset=waves&base-freq=0.02';
    const { texts } = fromQuery(query);
    expect(isProposed(texts)).toBe(false);
    expect(labelsShown(texts)).toContain('Base frequency');
    expect(parseSettings(texts).settings).toMatchObject({ baseFreq: 0.02 });
    expect(toQuery(texts)).toBe(query);
    const published = withText(initialTextsFor('waves'), 'periods', 'capped');
    expect(isProposed(published)).toBe(false);
    expect(parseSettings(published).settings).toMatchObject({ periods: 'capped', baseFreq: 1 });
    const capped = withText(published, 'baseFreq', '0.02');
    expect(labelsShown(capped)).toContain('Base frequency');
    expect(parseSettings(capped).settings).toMatchObject({ periods: 'capped', baseFreq: 0.02 });
    for (const each of [texts, published, capped])
      expect(withText(each, 'periods', '')).toEqual(initialTextsFor('waves'));
    // MNIST's are the published ones.
    expect(isProposed(initialTexts)).toBe(false);
    expect(withText(withTexts({ baseFreq: '2' }), 'periods', '').baseFreq).toBe('2');
  });

  it('replaces the defaults of the one before, not what was chosen', () => {
    const chosen = {
      ...withText(withTexts({ seed: '3', epochs: '7' }), 'dataset', 'spirals'),
      dropout: '0.1',
    };
    expect(chosen).toMatchObject({ seed: '3', epochs: '7', hidden: '64', standardizeInputs: 'yes' });
    expect(withText(chosen, 'dataset', 'waves')).toMatchObject({ seed: '3', dropout: '0.1', norm: 'none' });
    expect(withText(chosen, 'dataset', 'mnist')).toEqual(
      withTexts({ seed: '3', epochs: '7', dropout: '0.1' }),
    );
  });

  it('is trained on by the command line with all settings that suit it', () => {
    const options = commandOptions({
      ...initialTextsFor('waves'),
      skipConnections: 'yes',
      compare: 'yes',
      backend: 'webgpu',
    });
    expect(options).toEqual(
      expect.arrayContaining(['--dataset waves', '--hidden 64', '--norm none', '--standardize-inputs']),
    );
    expect(options).toContain('--skip-connections');
    expect(options.join(' ')).not.toMatch(/compare|backend|first-epoch|examples|freq/);
    expect(commandOptions(initialTexts)).toEqual(['--preset published']);
    // The command line may have its own defaults for the data set,
    expect(commandOptions({ ...initialTextsFor('waves'), hidden: '512, 256' })).toContain('--hidden 512,256');
    expect(commandOptions({ ...initialTextsFor('waves'), standardizeInputs: 'no' })).toContain(
      '--no-standardize-inputs',
    );
    // and has some for each optimizer.
    expect(commandOptions(withTexts({ optimizer: 'sgd' }))).toEqual([
      '--preset published',
      '--optimizer sgd',
      '--lr 0.001',
      '--weight-decay 0.00001',
    ]);
    expect(commandOptions(withTexts({ optimizer: 'sgd', learningRate: '0.1', weightDecay: '0' }))).toEqual([
      '--preset published',
      '--optimizer sgd',
    ]);
  });

  it('of a file with capped periods keeps these', () => {
    const texts = textsOf({ dataset: 'waves', hidden: [8], baseFreq: [1], maxFreq: [5] } as never);
    const complete = { ...initialTextsFor('waves'), ...texts };
    expect(isProposed(complete)).toBe(false);
    expect(toQuery(complete)).toBe('dataset=waves&hidden=8&periods=capped');
  });

  it('of a file with other periods has these in a short address', () => {
    const texts = textsOf({ dataset: 'waves', hidden: [8], periods: 'geometric:0.2,3' } as never);
    const query = toQuery({ ...initialTextsFor('waves'), ...texts });
    expect(query).toBe('dataset=waves&hidden=8&periods=geometric:0.2,3');
  });
});

describe('periods', () => {
  it.each([
    ['', 'capped', []],
    ['capped', 'capped', []],
    ['geometric', 'geometric', ['2', '64']],
    [' geometric:3 ', 'geometric', ['3', '64']],
    ['geometric:3,', 'geometric', ['3', '']],
    ['nyquist', 'nyquist', ['']],
    ['nyquist:20', 'nyquist', ['20']],
    ['learnable:4', 'learnable', ['4']],
  ])('%j are %s with %j', (text, name, numbers) => {
    const choice = readPeriods(text)!;
    expect([choice.name, choice.numbers.map((number) => number.text)]).toEqual([name, numbers]);
  });

  it.each(['list:2,4', 'linear:1,8/constant:3', 'capped:1,5', 'geometric:1,2,3', 'wavy:2'])(
    '%j are left as text',
    (text) => expect(readPeriods(text)).toBeUndefined(),
  );

  it.each(Object.keys(periods))('%s are written as they are read', (name) => {
    const text = writePeriods(name);
    expect(readPeriods(text)!.name).toBe(name);
    expect(
      writePeriods(
        name,
        readPeriods(text)!.numbers.map((number) => number.text),
      ),
    ).toBe(text);
    expect(parseSettings(withTexts({ periods: text })).problems).toEqual({});
  });

  it('that lack a number say which', () => {
    expect(parseSettings(withTexts({ periods: 'geometric:,8' })).problems.periods).toMatch(/FIRST,LAST/);
  });
});
