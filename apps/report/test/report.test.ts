import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../../../test/support/error-of';
import { makeSmallDisk, noSmallDisk } from '../../../test/support/small-disk';
import { runHere } from '../../node-trainer/test/trainer-here';
import { embedded } from '../../node-trainer/test/trainer-process';
import type { LineChart, MatrixChart, ParallelChart, ScoreChart } from '../src/charts';
import { addReportCommand } from '../src/command';
import { PngPlotter } from '../src/plots';
import { makeRun, makeSweep, records } from './made-folders';

let folder: string;
/** Folders of runs that have been trained: on images, and on the examples of a function. */
let [images, waves] = ['', ''];

const train = async (...args: string[]) => {
  const { code, stderr } = await runHere(['train', '--backend', 'wasm', '--threads', '1', ...args], {
    cwd: folder,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
};

const report = (...args: string[]) =>
  runHere(['report', ...args], { cwd: folder, commands: addReportCommand });

/** The text of a page, without its scripts and styles. */
async function textOf(file: string): Promise<string> {
  const page = await readFile(file, 'utf8');
  return page
    .replaceAll(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
}

/** A chart of whatever kind. */
type AnyChart = Omit<LineChart, 'kind'> &
  Omit<MatrixChart, 'kind'> &
  Omit<ParallelChart, 'kind'> &
  Omit<ScoreChart, 'kind'>;

/** The charts that a page draws, by name. */
async function chartsOf(file: string): Promise<Record<string, AnyChart>> {
  const page = await readFile(file, 'utf8');
  return JSON.parse(
    /<script id="charts"[^>]*>(.*?)<\/script>|<script type="application\/json" id="charts">(.*?)<\/script>/s
      .exec(page)!
      .slice(1)
      .find(Boolean)!,
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic report é '));
  [images, waves] = [join(folder, 'images'), join(folder, 'waves')];
  await cp(embedded, join(folder, 'data'), { recursive: true });
  await train('--hidden', '16', '--epochs', '1', '--data-dir', 'data', '--out', images);
  await train('--dataset', 'waves', '--hidden', '16', '--epochs', '3', '--out', waves);
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

describe('The report of a run', () => {
  it('on images has its results, its mistakes on the test set, its kernels, and its command', async () => {
    const { code, stdout, stderr } = await report('images');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'The report is in images/report.html\n'.replace('/', process.platform === 'win32' ? '\\' : '/'),
      stderr: '',
    });
    const evaluated = await runHere(['evaluate', '--json', '--model', 'images'], { cwd: folder });
    const { testAccuracy } = JSON.parse(evaluated.stdout);
    const file = join(images, 'report.html');
    const text = await textOf(file);
    expect(text).toContain(`${(100 * testAccuracy).toFixed(2)}% best test accuracy, epoch 1`);
    expect(text).toContain('train --hidden 16 --epochs 1 --data-dir ');
    expect(text).toContain(' --backend wasm --threads 1');
    expect(text).toMatch(/Hidden units 16 --hidden .*Learning rate [\d.]+ --lr/);
    expect(text).toMatch(/node v\d+/);

    const { confusion, loss, accuracy, 'learning-rate': rate } = await chartsOf(file);
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
    // The classes of the test images of MNIST.
    const classes = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
    expect(confusion.counts.map((row) => sum([...row]))).toEqual(classes);
    expect(sum(confusion.counts.map((row, i) => row[i])) / 10_000).toBeCloseTo(testAccuracy, 10);
    const { trainLoss, validation, learningRate } = JSON.parse(
      await readFile(join(images, 'metrics.jsonl'), 'utf8'),
    );
    expect(loss.series.map(({ name, y }) => [name, y])).toEqual([
      ['training', [trainLoss]],
      ['test', [validation.loss]],
    ]);
    expect(accuracy.series[1].y).toEqual([validation.accuracy]);
    expect(rate.series[0].y).toEqual([learningRate]);

    const page = await readFile(file, 'utf8');
    const pictures = page.match(/<img [^>]+>/g)!;
    const mistakes = [...page.matchAll(/<img src="data:image\/png;base64,([^"]+)"[^>]*alt="([^"]+)"/g)];
    expect([pictures.length, mistakes.length]).toEqual([16 + 24, 24]);
    const surprises = [...page.matchAll(/<b>\d<\/b> ([\d.]+)%.*?<small>([\d.]+)%/g)].map(
      ([, said, labelled]) => Number(said) - Number(labelled),
    );
    expect(surprises).toHaveLength(24);
    expect(surprises[0]).toBeGreaterThan(50);
    // But for the rounding of texts.
    surprises.slice(1).forEach((each, i) => {
      expect(each).toBeLessThan(surprises[i] + 0.02);
    });
    const [, data, alt] = mistakes[0];
    const predicted = await runHere(['predict', /\d+/.exec(alt)![0], '--json', '--model', 'images'], {
      cwd: folder,
    });
    const { label, prediction } = JSON.parse(predicted.stdout);
    expect(alt).toMatch(new RegExp(`^Test example \\d+, ${label}, taken for ${prediction}$`));
    expect(decode(Buffer.from(data, 'base64'))).toMatchObject({ width: 28, height: 28, channels: 1 });
  });

  it('on a function has what it has learned, with the rates of a range test and the events', async () => {
    const points = Array.from({ length: 20 }, (_, i) => ({
      step: i,
      learningRate: 1e-6 * 2 ** i,
      loss: i === 19 ? 40 : 1 / (i + 1),
      smoothed: 1 / (i + 1.5),
    }));
    await writeFile(
      join(waves, 'range-test.json'),
      JSON.stringify({ points, suggestions: { steepest: 0.002 } }),
    );
    const event = { time: '2026-01-02T03:04:05.678Z', event: 'warning', message: 'The periods are long.' };
    await writeFile(join(waves, 'events.jsonl'), `${JSON.stringify(event)}\n`);
    expect(await report('waves')).toMatchObject({ code: 0, stderr: '' });
    const file = join(waves, 'report.html');
    const { 'learned-function': learned, 'range-test': test, rmse } = await chartsOf(file);
    const [examples, model] = learned.series;
    expect([examples.x?.length, model.x?.length, model.y.every(Number.isFinite)]).toEqual([512, 400, true]);
    expect(test.marks).toEqual([{ name: 'steepest 0.002', x: 0.002 }]);
    // The last loss is above the plot.
    expect(test.y.max).toBeCloseTo(0.7);
    expect(rmse.series).toHaveLength(2);
    const text = await textOf(file);
    expect(text).toContain('R² of the best model on 512 test examples');
    expect(text).toContain('steepest --lr 0.002');
    expect(text).toContain('2026-01-02 03:04:05 UTC warning message: The periods are long.');
    expect(text).not.toContain('Confusion');
  });

  it('says that the data are gone, and has all the rest', async () => {
    const moved = join(folder, 'without data');
    await cp(images, moved, { recursive: true });
    await rm(join(folder, 'data'), { recursive: true });
    const { code } = await report('without data');
    expect(code).toBe(0);
    const text = await textOf(join(moved, 'report.html'));
    expect(text).toMatch(
      /There are no results on the test examples here, since they could not be loaded: .+data/,
    );
    expect(text).toContain('All 16 kernels');
    expect(await chartsOf(join(moved, 'report.html'))).toMatchObject({ loss: {}, accuracy: {} });
  });

  it('names the files that are damaged or missing, and has all the rest', async () => {
    const damaged = join(folder, 'damaged');
    await makeRun(damaged, { epochs: 3 });
    const lines = (await readFile(join(damaged, 'metrics.jsonl'), 'utf8')).split('\n');
    await writeFile(
      join(damaged, 'metrics.jsonl'),
      [lines[0], '{"epoch": 2, "trainLo', lines[2], ''].join('\n'),
    );
    await writeFile(join(damaged, 'best.safetensors'), 'nothing of the kind');
    await writeFile(join(damaged, 'range-test.json'), '{"points": 3}');
    const { code, stdout, stderr } = await report('damaged', '--json');
    expect(code).toBe(0);
    const { problems } = JSON.parse(stdout);
    expect(problems).toHaveLength(3);
    for (const named of [
      /metrics\.jsonl: Line 2 is damaged/,
      /best\.safetensors/,
      /range-test\.json: It is damaged/,
    ])
      expect([problems, stderr].map((each) => named.test(String(each)))).toEqual([true, true]);
    const text = await textOf(join(damaged, 'report.html'));
    expect(text).toContain('3 problems with files');
    const { accuracy } = await chartsOf(join(damaged, 'report.html'));
    expect(accuracy.series[1].x).toEqual([1, 3]);

    await writeFile(join(damaged, 'config.json'), '{"settings": 3}');
    await rm(join(damaged, 'metrics.jsonl'));
    expect((await report('damaged')).code).toBe(0);
    const rest = await textOf(join(damaged, 'report.html'));
    expect(rest).toMatch(/config\.json: It is damaged/);
  });
});

describe('The report of several runs', () => {
  it('lays their curves over each other, and says what differs', async () => {
    await makeRun(join(folder, 'a'), { settings: { learningRate: 0.001 }, accuracy: 0.95 });
    await makeRun(join(folder, 'b'), {
      settings: { learningRate: 0.01 },
      accuracy: 0.97,
      config: { platform: 'win32 x64' },
    });
    expect((await report('a', 'b', '--out', 'both.html')).code).toBe(0);
    const text = await textOf(join(folder, 'both.html'));
    expect(text).toContain('setting a b Learning rate 0.001 0.01 platform linux x64 win32 x64 ');
    expect(text).not.toContain('Batch size');
    const { accuracy } = await chartsOf(join(folder, 'both.html'));
    expect(accuracy.series.map(({ name }) => name)).toEqual([
      'a, training',
      'a, test',
      'b, training',
      'b, test',
    ]);
    const best = Math.max(...records(5, 0.97).map(({ validation }) => validation.accuracy));
    expect(text).toContain(`b ${(100 * best).toFixed(2)}% `);
  });

  it('is in the first folder, and tells runs of one name apart', async () => {
    await cp(join(folder, 'a'), join(folder, 'other', 'a'), { recursive: true });
    expect((await report('a', join('other', 'a'))).code).toBe(0);
    const text = await textOf(join(folder, 'a', 'report.html'));
    expect(text).toContain(`a · ${join('other', 'a')}`);
    expect(text).toContain('The runs have the same configuration');
  });
});

describe('The report of a sweep', () => {
  const place = () => join(folder, 'sweep');
  beforeAll(() => makeSweep(place()));

  it('ranks configurations by their means, with intervals, and has the command of the best', async () => {
    expect(await report('sweep')).toMatchObject({ code: 0, stderr: '' });
    const text = await textOf(join(place(), 'report.html'));
    const { configurations, best } = JSON.parse(await readFile(join(place(), 'result.json'), 'utf8'));
    const complete = (
      configurations as { state: string; values: object; scores: number[]; mean: number }[]
    ).filter(({ state }) => state === 'complete');
    expect(complete[0].values).toEqual(best.values);
    const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
    for (const { scores, mean } of complete) {
      const [a, b] = scores;
      // Student's t of one degree of freedom: 12.706·s/√2, and s = |a − b|/√2.
      expect(text).toContain(`${percent(mean)} ± ${percent((12.706 * Math.abs(a - b)) / 2)}`);
    }
    expect(text).toMatch(/Trials 13 complete, 2 pruned, 1 failed/);
    expect(text).toMatch(/Failed trials trial reason c6-s1 The loss is NaN/);
    expect(text).toContain('96.10% ± 0.20% test accuracy');
    expect(text).toContain(`train --preset published --hidden ${best.values.hidden} `);
    expect(text).toContain(`--batch-size 64 --lr ${best.values.learningRate}`);
  });

  it('has the axes with the score, the score against numbers, and all curves', async () => {
    const charts = await chartsOf(join(place(), 'report.html'));
    expect(Object.keys(charts)).toEqual([
      'parallel-coordinates',
      'score-by-learning-rate',
      'trials',
      'epochs-by-hidden',
      'epochs-by-activation',
    ]);
    const { 'parallel-coordinates': parallel, 'score-by-learning-rate': scores, trials } = charts;
    expect(parallel.axes.map(({ title, scale, names }) => [title, scale ?? names?.length])).toEqual([
      ['Learning rate', 'log'],
      ['Hidden units', 3],
      ['Activation', 2],
      ['accuracy', undefined],
    ]);
    expect(parallel.lines.filter(({ isBest }) => isBest)).toHaveLength(1);
    expect([scores.x.scale, scores.points.length]).toEqual(['log', 8]);
    expect(trials.series).toHaveLength(16);
    expect(trials.series.filter(({ weight }) => weight === 'strong')).toHaveLength(2);
    const { series } = charts['epochs-by-activation'];
    expect(series.map(({ name, y }) => [name, y.length])).toEqual([
      ['harmonic', 6],
      ['relu', 6],
    ]);
  });

  it('shows what the best model does once the sweep is finished', async () => {
    const whole = join(folder, 'with models');
    await makeSweep(whole);
    const { best } = JSON.parse(await readFile(join(whole, 'result.json'), 'utf8'));
    const trials = (await readdir(join(whole, 'trials'))).sort();
    const scores: Record<string, number> = {};
    for (const trial of trials) {
      await cp(join(images, 'best.safetensors'), join(whole, 'trials', trial, 'best.safetensors'));
      const { settings } = JSON.parse(await readFile(join(whole, 'trials', trial, 'config.json'), 'utf8'));
      if (settings.learningRate !== best.values.learningRate) continue;
      const lines = (await readFile(join(whole, 'trials', trial, 'metrics.jsonl'), 'utf8')).trim();
      scores[trial] = Math.max(...lines.split('\n').map((line) => JSON.parse(line).validation.accuracy));
    }
    const winner = Object.keys(scores).sort((a, b) => scores[b] - scores[a])[0];
    for (const each of ['images', 'with models']) {
      expect(await report(each)).toMatchObject({ code: 0, stderr: '' });
    }
    const file = join(whole, 'report.html');
    expect(await textOf(file)).toContain(
      `The model is that of trial ${winner}: the best of the best configuration’s by accuracy (${(100 * scores[winner]).toFixed(2)}%), with seed ${winner.slice(-1)}.`,
    );
    const [ofRun, ofSweep] = await Promise.all([join(images, 'report.html'), file].map(chartsOf));
    expect(ofSweep.confusion).toEqual(ofRun.confusion);
    const pictures = (page: string) => page.match(/<img [^>]+>/g);
    expect(pictures(await readFile(file, 'utf8'))).toEqual(
      pictures(await readFile(join(images, 'report.html'), 'utf8')),
    );

    const bestModel = join(whole, 'trials', winner, 'best.safetensors');
    await rename(bestModel, join(whole, 'trials', winner, 'last.safetensors'));
    expect(await report('with models')).toMatchObject({ code: 0 });
    expect(await textOf(file)).toContain(
      `The model is the last of trial ${winner}, whose best cannot be read.`,
    );

    await rm(join(whole, 'result.json'));
    expect(await report('with models')).toMatchObject({ code: 0 });
    expect(await chartsOf(file)).not.toHaveProperty('confusion');
  });

  it('is made of the ledger and the trials while the sweep is not finished', async () => {
    const unfinished = join(folder, 'unfinished');
    await makeSweep(unfinished, { isFinished: false });
    const ledger = join(unfinished, 'ledger.jsonl');
    const lines = (await readFile(ledger, 'utf8')).split('\n');
    // The last trial is still training, and a line was changed.
    lines[4] = lines[4].replace('"score":0', '"score":1');
    await writeFile(ledger, [...lines.slice(0, -2), '{"event":"fin'].join('\n'));
    await rm(join(unfinished, 'trials', 'c1-s0', 'config.json'));
    const { code, stderr } = await report('unfinished');
    expect(code).toBe(0);
    expect(stderr).toMatch(/ledger\.jsonl: It is damaged in line 5\.\n/);
    expect(stderr).toMatch(/c1-s0.config\.json: It is missing/);
    const text = await textOf(join(unfinished, 'report.html'));
    expect(text).toContain('The best configuration so far');
    expect(text).toMatch(/Trials 11 complete, 2 pruned, 1 failed, 2 unfinished/);
  });

  it('is made of what is left where the plan or the ledger are damaged', async () => {
    const damaged = join(folder, 'damaged sweep');
    await cp(place(), damaged, { recursive: true });
    await writeFile(join(damaged, 'sweep.json'), '{"axes": {"learningRate": [0.1');
    const { code, stderr } = await report('damaged sweep');
    expect(code).toBe(0);
    expect(stderr).toMatch(/sweep\.json: It is damaged/);
    expect(Object.keys(await chartsOf(join(damaged, 'report.html')))).toHaveLength(5);

    await rm(join(damaged, 'ledger.jsonl'));
    expect((await report('damaged sweep')).stderr).toMatch(/ledger\.jsonl: It is missing/);
    const text = await textOf(join(damaged, 'report.html'));
    expect(text).toContain('16 unfinished');
    expect((await chartsOf(join(damaged, 'report.html'))).trials.series).toHaveLength(16);
  });
});

describe('Plots', () => {
  it('are written for papers, as SVG and as PNG, and named with --json', { tags: 'long' }, async () => {
    const out = join(folder, 'paper');
    await mkdir(out);
    await makeSweep(join(folder, 'plotted'));
    const { code, stdout, stderr } = await report('plotted', '--out', out, '--svg', '--png', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { file, plots } = JSON.parse(stdout);
    expect(file).toBe(join(out, 'report.html'));
    expect((await readdir(join(out, 'plots'))).sort()).toEqual(
      plots.map((plot: string) => plot.slice(join(out, 'plots', '_').length - 1)).sort(),
    );
    expect(plots).toHaveLength(10);
    const svg = await readFile(join(out, 'plots', 'trials.svg'), 'utf8');
    expect(svg).toMatch(/^<svg width="640" height="352" xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.match(/<path/g)!.length).toBeGreaterThan(16);
    for (const word of ['accuracy', 'epoch', '9\\d%']) expect(svg).toMatch(new RegExp(`>${word}</text>`));
    expect(svg).toMatch(/<title>[^<]{10,}<\/title>/);
    expect(svg).not.toContain('cursor:pointer');
    const { width, height, channels, data } = decode(await readFile(join(out, 'plots', 'trials.png')));
    expect([width, height]).toEqual([1920, 1056]);
    const colors = new Set(
      Array.from({ length: width * height }, (_, i) => data.slice(channels * i, channels * i + 3).join()),
    );
    expect(colors.size).toBeGreaterThan(50);
  });

  it('in PNG name the library that is missing or does not load, and how to get it', async () => {
    const library = join(folder, 'node_modules', '@napi-rs', 'canvas');
    await mkdir(library, { recursive: true });
    const failure = () => errorOf(() => PngPlotter.load(join(folder, 'package.json')));
    await writeFile(
      join(library, 'index.js'),
      'throw Object.assign(new Error(), { code: "MODULE_NOT_FOUND" })',
    );
    const fix = expect.stringMatching(/report.*--png installs it; or use --svg/);
    expect(failure()).toMatchObject({
      code: 'PROGRAM_FAILED',
      message: expect.stringMatching(
        /^PNG files need the library @napi-rs\/canvas, which is not installed\./,
      ),
      fix,
    });
    await writeFile(join(library, 'index.js'), 'throw new Error("Cannot find native binding.")');
    expect(failure()).toMatchObject({
      message: expect.stringContaining('which does not load on this machine.'),
      fix,
    });
  });
});

describe('report', () => {
  it('refuses folders that hold neither a run nor a sweep, and a sweep beside others', async () => {
    await mkdir(join(folder, 'empty'));
    expect(await report('empty')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/empty: It holds neither a run, which has a config\.json, nor a sweep/),
    });
    expect(await report('nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nowhere: There is no such folder\. Pass the folder of a run/),
    });
    expect(await report(join('a', 'config.json'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('It is a file.'),
    });
    expect(await report('sweep', 'a')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: A sweep is reported alone/),
    });
    expect(await report()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'folder'"),
    });
  });

  it('leaves an earlier report whole where a new one cannot be written', async () => {
    const file = join(folder, 'kept.html');
    await writeFile(file, 'earlier');
    // The new one is first written here.
    await mkdir(`${file}.${process.pid}.tmp`);
    const { code, stderr } = await report('a', '--out', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /kept\.html: The file cannot be written: .+\. Give another --out\. What was written before is still there\.\n$/,
    );
    expect(await readFile(file, 'utf8')).toBe('earlier');
    const beside = await report('a', '--out', join(file, 'report.html'));
    expect(beside).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written') });
  });

  it.skipIf(noSmallDisk !== undefined)(
    `says that the disk is full, and leaves an earlier report whole${noSmallDisk === undefined ? '' : `: ${noSmallDisk}`}`,
    async () => {
      const disk = await makeSmallDisk(1 << 20);
      try {
        const file = join(disk.folder, 'report.html');
        await writeFile(file, 'earlier');
        await disk.fill(100 << 10);
        const { code, stderr } = await report('a', '--out', file);
        expect(code).toBe(1);
        expect(stderr).toMatch(
          /report\.html: The file cannot be written: the disk is full\. Give another --out\./,
        );
        expect(await readFile(file, 'utf8')).toBe('earlier');
        expect((await readdir(disk.folder)).sort()).toEqual(['filler', 'report.html']);
      } finally {
        await disk.remove();
      }
    },
  );
});
