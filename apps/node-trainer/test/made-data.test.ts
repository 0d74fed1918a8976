import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setBackend, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { HarmonicMLP, readCheckpoint } from 'harmonic-mlp';
import { madeDatasets } from 'harmonic-mlp/made-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { type Ended, events, start } from './trainer-process';

let folder: string;
const environment = () => ({ HARMONIC_MLP_DATA: join(folder, 'cache') });
const run = (...args: string[]) => runHere(args, { cwd: folder, env: environment() });

const configOf = async (place: string) =>
  JSON.parse(await readFile(join(folder, place, 'config.json'), 'utf8'));

const recordsOf = async (place: string) =>
  (await readFile(join(folder, place, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: undefined }));

const tensorsOf = async (place: string) =>
  readCheckpoint(await readFile(join(folder, place, 'last.safetensors'))).tensors;

/** The events of a run that succeeds. */
const eventsOf = (ended: Ended) => {
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  return events(ended);
};

const few = ['--examples', '128', '--epochs', '4'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic made '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('train on data made by a formula', () => {
  it.each(Object.values(madeDatasets))(
    '$name: learns with its defaults',
    { tags: 'long' },
    async ({ name, task }) => {
      const ended = await run('train', '--dataset', name, '--epochs', '40', '--json', '--out', name);
      const [backend, ...epochs] = eventsOf(ended);
      // Nothing is tried for so small a network.
      expect(backend).toMatchObject({ event: 'backend', backend: 'wasm' });
      const summary = epochs.pop();
      if (task === 'regression') {
        expect(summary).toMatchObject({ event: 'summary', epochs: 40, testRmse: expect.any(Number) });
        expect(summary.testR2).toBeGreaterThan(0.8);
        expect(Object.keys(epochs[0])).toEqual([
          'event',
          'epoch',
          'trainLoss',
          'trainRmse',
          'trainR2',
          'testRmse',
          'testR2',
          'seconds',
        ]);
        expect(summary.bestTestRmse).toBe(Math.min(...epochs.map(({ testRmse }) => testRmse)));
      } else {
        expect(summary.testAccuracy).toBeGreaterThan(0.85);
        expect(summary.bestTestAccuracy).toBe(Math.max(...epochs.map(({ testAccuracy }) => testAccuracy)));
      }
      const { settings, data, model } = await configOf(name);
      expect(settings).toMatchObject({
        dataset: name,
        hidden: [64],
        norm: 'none',
        dropout: 0,
        batchSize: 32,
      });
      expect(settings).toMatchObject({ examples: 512, dataNoise: 0, schedule: 'cosine', learningRate: 0.01 });
      expect(data).toEqual({ dataset: name, training: 512, test: 512 });
      expect(model.task).toBe(task === 'regression' ? task : undefined);
      expect(settings.loss).toBe(task === 'regression' ? 'squared' : undefined);
    },
  );

  it('shows its defaults, except those that are given, and what it measured', async () => {
    const { stdout, stderr, code } = await run(
      ...['train', '--dataset', 'waves', ...few, '--hidden', '8', '--out', 'shown'],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Harmonic MLP on waves (sin 25x + x/2): 128 training and 128 test examples\n');
    expect(stdout).toContain(
      '\nDefaults for waves: --norm none --standardize-inputs --dropout 0 --batch-size 32 --lr 0.01 --schedule cosine; its periods: --periods harmonic:',
    );
    expect(stdout).toMatch(
      /\nepoch +loss +test RMSE +R² +best +lr +time\n +1 +[\d.]+ +[\d.]+ +-?[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ s\n/,
    );
    expect(stdout).toMatch(
      /\n {2}Test RMSE {7}[\d.]+\n {2}Test R² {9}-?[\d.]+\n {2}Best test RMSE {2}[\d.]+ \(epoch \d\)\n/,
    );
    expect((await configOf('shown')).settings).toMatchObject({ hidden: [8], epochs: 4 });
  });

  it('has rows for some of many short epochs', async () => {
    const { stdout } = await run(
      ...['train', '--dataset', 'waves', '--examples', '32', '--epochs', '60', '--out', 'rows'],
    );
    const rows = [...stdout.matchAll(/^ {2,4}(\d+) {2,}[\d.e-]+ {2,}[\d.e-]+ .* s$/gm)].map(
      ([, epoch]) => epoch,
    );
    expect(rows).toEqual(expect.arrayContaining(['1', '5', '10', '55', '60']));
    // An epoch that takes long has one too.
    expect(rows.length).toBeLessThan(60);
  });

  it('saves the model with the lowest RMSE as the best', async () => {
    const options = [
      '--seed',
      '2',
      '--data-noise',
      '0.1',
      '--lr',
      '0.05',
      '--schedule',
      'constant',
      '--epochs',
      '12',
      '--examples',
      '128',
    ];
    const ended = await run('train', '--dataset', 'waves', ...options, '--json', '--out', 'best');
    const rmses = eventsOf(ended).flatMap(({ event, testRmse }) => (event === 'epoch' ? [testRmse] : []));
    const best = Math.min(...rmses);
    // Otherwise, nothing is tested.
    expect(best).not.toBe(rmses.at(-1));
    const [evaluated] = eventsOf(await run('evaluate', '--model', 'best', '--json'));
    expect(evaluated).toMatchObject({ epochs: rmses.indexOf(best) + 1, bestTestRmse: best });
    expect(evaluated.testRmse).toBeCloseTo(best, 6);
    expect(evaluated.testR2).toBeLessThan(1);
    const last = join('best', 'last.safetensors');
    const [ofLast] = eventsOf(await run('evaluate', '--model', last, '--json'));
    expect(ofLast).toMatchObject({ epochs: rmses.length, bestTestRmse: best });
    expect(ofLast.testRmse).toBeCloseTo(rmses.at(-1), 6);
  });

  it('holds out examples, on which the best model is chosen', async () => {
    const held = ['--validation', '0.25', '--out', 'held out'];
    const [, first, ...rest] = eventsOf(await run('train', '--dataset', 'waves', ...few, ...held, '--json'));
    expect(first).toMatchObject({ validationRmse: expect.any(Number), validationR2: expect.any(Number) });
    expect(first).not.toHaveProperty('testRmse');
    const summary = rest.at(-1);
    expect(Object.keys(summary)).toEqual([
      'event',
      'backend',
      'epochs',
      'testRmse',
      'testR2',
      'bestValidationRmse',
      'captured',
      'threads',
      'stepsPerSecond',
      'seconds',
    ]);
    expect((await configOf('held out')).data).toEqual({
      dataset: 'waves',
      training: 96,
      validation: 32,
      test: 128,
    });
    const [evaluated] = eventsOf(await run('evaluate', '--model', 'held out', '--json'));
    expect(evaluated.testRmse).toBeCloseTo(summary.testRmse, 6);
    expect(evaluated).not.toHaveProperty('bestTestRmse');

    const { stdout } = await run('train', '--resume', 'held out', '--epochs', '5');
    expect(stdout).toContain(': 96 training, 32 validation, and 128 test examples\n');
    expect(stdout).toMatch(/\nepoch {5}loss {2}valid\. RMSE /);
    expect(stdout).toMatch(
      /\n {2}Best validation RMSE +[\d.]+ \(epoch \d\)\n {2}Test RMSE of that model +[\d.]+\n {2}Test R² of that model +-?[\d.]+\n/,
    );
  });

  it('resumes to the bit, with the data of its seed and noise', async () => {
    const options = [
      ...few,
      '--seed',
      '7',
      '--data-noise',
      '0.1',
      '--schedule',
      'plateau',
      '--loss',
      'huber',
    ];
    const whole = ['train', '--dataset', 'chirp', ...options, '--json'];
    eventsOf(await run(...whole, '--out', 'whole'));
    eventsOf(await run(...whole, '--epochs', '2', '--out', 'parts'));
    const resumed = eventsOf(await run('train', '--resume', 'parts', '--epochs', '4', '--json'));
    expect(resumed.map(({ event }) => event)).toEqual(['epoch', 'epoch', 'summary']);
    expect(await recordsOf('parts')).toEqual(await recordsOf('whole'));
    expect(await tensorsOf('parts')).toEqual(await tensorsOf('whole'));
    // Another seed draws others.
    eventsOf(await run(...whole, '--seed', '8', '--out', 'other'));
    expect(await recordsOf('other')).not.toEqual(await recordsOf('whole'));
  });

  it('repeats a run from its config.json', async () => {
    const options = ['--loss', 'huber', '--delta', '0.5', '--data-noise', '0.2'];
    eventsOf(await run('train', '--dataset', 'waves', ...few, ...options, '--json', '--out', 'first'));
    const { settings } = await configOf('first');
    expect(settings).toMatchObject({ loss: 'huber', delta: 0.5, dataNoise: 0.2, examples: 128 });
    eventsOf(await run('train', '--config', join('first', 'config.json'), '--json', '--out', 'again'));
    expect(await recordsOf('again')).toEqual(await recordsOf('first'));
    expect((await configOf('again')).settings).toEqual(settings);
    // Classes have no such loss.
    const others = ['--dataset', 'spirals', '--json', '--out', 'of classes'];
    eventsOf(await run('train', '--config', join('first', 'config.json'), ...others));
    expect((await configOf('of classes')).settings).toMatchObject({ dataset: 'spirals', dataNoise: 0.2 });
  });

  it('takes settings that replace a default of its data', async () => {
    const options = ['--periods', 'geometric:0.02,1', '--optimizer', 'sgd'];
    eventsOf(await run('train', '--dataset', 'waves', ...few, ...options, '--json', '--out', 'replaced'));
    const { model, optimizer } = await configOf('replaced');
    expect(model).toMatchObject({ periods: ['geometric:0.02,1'], baseFreq: [] });
    expect(optimizer.learningRate).toBe(0.1);
    const given = [...few, '--base-freq', '1', '--no-standardize-inputs', '--json', '--out', 'given'];
    // Its units see less than a quarter of a wave.
    const { code, stderr } = await run('train', '--dataset', 'waves', ...given);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^The periods of hidden\.0 are too long for its inputs: half of its units see less than 0\.\d+ waves in the first batch\. Use shorter --periods\.\n$/,
      ),
    ]);
    expect((await configOf('given')).model).toMatchObject({ baseFreq: [1], maxFreq: [5] });
    expect((await configOf('given')).model).not.toHaveProperty('standardizeInputs');
    const nyquist = [...few, '--periods', 'nyquist', '--json', '--out', 'nyquist'];
    eventsOf(await run('train', '--dataset', 'waves', ...nyquist));
    expect((await configOf('nyquist')).captured).toBe(true);
    expect((await configOf('nyquist')).model.periods).toEqual([expect.stringMatching(/^nyquist:\d/)]);
  });

  it.skipIf(process.platform === 'win32')('is interrupted, and goes on', async () => {
    const long = ['train', '--dataset', 'waves', '--epochs', '100000', '--out', 'interrupted'];
    const { child, ended, output } = start(long, { cwd: folder, env: environment() });
    while (!/\n +1 +\d/.test(output()) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([130, expect.stringMatching(/Interrupted at step .*, and saved\./)]);
    const epochs = (await recordsOf('interrupted')).length + 1;
    const resumed = await run('train', '--resume', 'interrupted', '--epochs', String(epochs), '--json');
    expect(eventsOf(resumed).map(({ event }) => event)).toEqual(['epoch', 'summary']);
  });
});

it('The loss and the smoothing of labels reach the training', async () => {
  const lossWith = async (dataset: string, ...options: string[]) => {
    const args = ['train', '--dataset', dataset, ...few, '--epochs', '1', '--out', 'losses', '--json'];
    return eventsOf(await run(...args, ...options))[1].trainLoss;
  };
  const squared = await lossWith('waves');
  const absolute = await lossWith('waves', '--loss', 'absolute');
  expect(new Set([squared, absolute, await lossWith('waves', '--loss', 'huber')]).size).toBe(3);
  expect(await lossWith('waves', '--loss', 'squared')).toBe(squared);
  const sharp = await lossWith('spirals');
  expect(await lossWith('spirals', '--label-smoothing', '0')).toBe(sharp);
  expect(await lossWith('spirals', '--label-smoothing', '0.5')).not.toBe(sharp);
});

describe('predict', () => {
  beforeAll(async () => {
    for (const name of ['waves', 'spirals'])
      eventsOf(
        await run('train', '--dataset', name, ...few, '--epochs', '30', '--json', '--out', `of ${name}`),
      );
  });

  it('gives numbers for test examples and given inputs', async () => {
    const inputs = ['--input', '-0.25', '--input', '0.5'];
    const [test, ...given] = eventsOf(await run('predict', '3', ...inputs, '--model', 'of waves', '--json'));
    expect(test).toEqual({
      event: 'prediction',
      index: 3,
      inputs: [expect.any(Number)],
      target: expect.closeTo(Math.sin(25 * test.inputs[0]) + test.inputs[0] / 2, 5),
      prediction: expect.any(Number),
    });
    expect(given.map(({ prediction: _, ...rest }) => rest)).toEqual([
      { event: 'prediction', inputs: [-0.25] },
      { event: 'prediction', inputs: [0.5] },
    ]);
    expect(given[0].prediction).not.toBe(given[1].prediction);

    const { stdout } = await run('predict', '3', '--input', '-0.25', '--model', 'of waves');
    const number = String.raw`-?[\d.]+`;
    expect(stdout).toMatch(
      new RegExp(
        String.raw`^Test example 3 of waves \(sin 25x \+ x/2\)\n  Input       ${number}\n  Target      ${number}\n  Prediction  ${number}\n\nThe given inputs\n  Input       -0\.25\n  Prediction  ${number}\n$`,
      ),
    );
  });

  it('gives probabilities of classes', async () => {
    const args = ['predict', '1', '--input', '0.1,-0.5', '--model', 'of spirals'];
    const [test, given] = eventsOf(await run(...args, '--json'));
    expect(test).toMatchObject({ index: 1, inputs: [expect.any(Number), expect.any(Number)], label: 1 });
    expect(given).toMatchObject({ inputs: [0.1, -0.5], prediction: expect.any(Number) });
    for (const { probabilities } of [test, given])
      expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 5);
    const { stdout } = await run(...args);
    expect(stdout).toMatch(
      /^Test example 1 of spirals \(.*\)\n {2}Inputs {2}-?[\d.]+, -?[\d.]+\n\nTest example 1 is a 1; the model says [01]: (right|wrong)\.\n\n0 +[\d.]+%.*\n1 +[\d.]+%/,
    );
    expect(stdout).toMatch(
      /\nThe given inputs\n {2}Inputs {2}0\.1, -0\.5\n\nThe inputs: the model says [01]\.\n/,
    );
  });

  it('gives the labels of a model of several', async () => {
    await setBackend('cpu');
    const model = new HarmonicMLP({ task: 'multi-label', inputSize: 2, outputs: 3, hidden: [], seed: 1 });
    model.output.kernel.assign(tensor2d([0, 3, 2, 0, -3, 2], [2, 3]));
    model.output.bias!.assign(tensor1d([-1, -1, -1]));
    await writeFile(join(folder, 'labels.safetensors'), await model.toBytes());
    model.dispose();
    const args = ['predict', '--input', '1,0', '--input', '0,1', '--input', '-1,0', '--model'];
    const told = eventsOf(await run(...args, 'labels.safetensors', '--json'));
    expect(told.map(({ prediction }) => prediction)).toEqual([[1, 2], [2], []]);
    const { stdout } = await run(...args, 'labels.safetensors');
    expect([...stdout.matchAll(/: the model says (.*)\./g)].map(([, said]) => said)).toEqual([
      '1 and 2',
      '2',
      'none of the labels',
    ]);
  });

  it.each<[string[], RegExp, number]>([
    [[], /^error: Pass the number of a test example, a file, or --input\.\n/, 2],
    [['--input', '1,2'], /^error: --input has 2 numbers, but the model takes 1\.\n/, 2],
    [['--input', 'x'], /^error: --input is "x"; it must be a finite number\.\n/, 2],
    [['128'], /^error: There is no test example 128: the 128 examples are numbered 0 to 127\.\n/, 2],
    [['8.png'], /The model takes 1 value, but a drawing has 28 × 28 = 784\./, 1],
    [
      ['0', '--dataset', 'spirals'],
      /^error: The model has 1 input and 1 output, but spirals .* has 2 inputs and 2 classes\./,
      1,
    ],
    [
      ['0', '--data-dir', 'here'],
      /^error: --data-dir applies only with --dataset mnist, .*, or own, not with waves\./,
      2,
    ],
    [
      ['0', '--no-verify'],
      /^error: --no-verify applies only with --dataset mnist, .*, or own, not with waves\. Leave --no-verify out/,
      2,
    ],
  ])('refuses %j', async (args, message, code) => {
    const ended = await run('predict', ...args, '--model', 'of waves');
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });
});

it('evaluate says how far off a regression is', async () => {
  eventsOf(await run('train', '--dataset', 'waves', ...few, '--json', '--out', 'evaluated'));
  const { stdout } = await run('evaluate', '--model', 'evaluated');
  expect(stdout).toMatch(
    /: trained for \d epochs\nTest RMSE {2}[\d.]+\nTest R² {4}-?[\d.]+\nTest loss {2}[\d.e-]+\nTest data {2}128 examples of waves \(sin 25x \+ x\/2\)\nSpeed {6}[\d,]+ examples\/s, /,
  );
});

it.each<[string, RegExp, number]>([
  ['--dataset wave', /^error: --dataset is "wave"; .* Did you mean "waves"\?\n/, 2],
  ['--dataset waves --examples 0', /^error: --examples is 0; it must be an integer at least 1/, 2],
  ['--dataset waves --data-noise -1', /^error: --data-noise is -1; it must be a finite number at least 0/, 2],
  ['--examples 8', /^error: --examples applies only with --dataset waves, .*, not with mnist\./, 2],
  ['--data-noise 0.1', /^error: --data-noise applies only with --dataset waves, .*, not with mnist\./, 2],
  [
    '--dataset waves --data-dir .',
    /^error: --data-dir applies only with --dataset mnist, .*, not with waves\./,
    2,
  ],
  ['--dataset waves --no-verify', /^error: --no-verify applies only with .* Leave --no-verify out/, 2],
  ['--dataset waves --transpose', /^error: --transpose applies only with --dataset own, not with waves\./, 2],
  [
    '--loss huber',
    /^error: --loss applies only for a regression, not for a classification\. Leave --loss out\./,
    2,
  ],
  ['--dataset spirals --loss huber', /^error: --loss applies only for a regression, not for a classif/, 2],
  ['--dataset waves --delta 2', /^error: --delta applies only with --loss huber, not with squared\./, 2],
  [
    '--dataset waves --label-smoothing 0.1',
    /^error: --label-smoothing applies only for a classification, /,
    2,
  ],
  ['--dataset waves --validation 512', /^error: --validation is 512; .* an integer less than 512\.\n/, 2],
  ['--dataset waves --validation 1.5', /^error: --validation is 1\.5; it must be/, 2],
  [
    '--resume refused --epochs 9 --dataset chirp',
    /The training examples are not those of this run, which was started on waves\. Leave --dataset out\./,
    1,
  ],
  ['--resume refused --epochs 9 --examples 64', /^error: --examples cannot be given with --resume/, 2],
  ['--resume refused --epochs 9 --data-dir .', /^error: --data-dir applies only with/, 2],
])('refuses train %s', async (args, message, code) => {
  if (args.includes('refused'))
    eventsOf(await run('train', '--dataset', 'waves', ...few, '--json', '--out', 'refused'));
  const ended = await run('train', ...args.split(' '));
  expect(ended.stderr).toMatch(message);
  expect(ended.code).toBe(code);
});

it.each(['1', '2', '3'])('trains on as few as %s examples', async (count) => {
  const args = ['--dataset', 'waves', '--examples', count, '--epochs', '2', '--json', '--out', 'few'];
  expect(eventsOf(await run('train', ...args)).at(-1)).toMatchObject({ epochs: 2 });
});

it('a config.json of other data is adapted to those of the command line', async () => {
  await writeFile(
    join(folder, 'images.json'),
    JSON.stringify({ dataDir: 'images', verify: false, epochs: 1 }),
  );
  const options = ['--dataset', 'waves', '--examples', '64', '--json', '--out', 'adapted'];
  eventsOf(await run('train', '--config', 'images.json', ...options));
  const { settings } = await configOf('adapted');
  expect(settings).toMatchObject({ dataset: 'waves', epochs: 1 });
  const { metadata } = readCheckpoint(await readFile(join(folder, 'adapted', 'last.safetensors')));
  for (const name of ['dataDir', 'verify', 'transpose', 'labelSmoothing'])
    for (const kept of [settings, JSON.parse(metadata.run)]) expect(kept).not.toHaveProperty(name);
});
