import { estimate, showEstimate } from 'harmonic-mlp/sweep';
import { keptStudy, type Tuned } from '../../harness';
import type { MarkdownTable } from '../../markdown';
import { fitImage, type ImageResult, type ImageResults } from './image';
import { psnr } from './mandrill';
import pytorch from './pytorch.fixture.json';
import { learnSine, type SineErrors, type SineNetwork } from './sine';

/** One hidden layer of 512 units. */
const snakeNetworks: readonly SineNetwork[] = [
  { name: 'Snake, a = 10', model: { activation: 'snake', frequency: 10 }, rates: [3e-4, 1e-3, 3e-3] },
  { name: 'Snake, a = 1', model: { activation: 'snake' }, rates: [3e-4, 1e-3, 3e-3] },
  { name: 'tanh', model: { activation: 'tanh' }, rates: [3e-4, 1e-3, 3e-3] },
  { name: 'ReLU', model: { activation: 'relu' }, rates: [3e-4, 1e-3, 3e-3] },
].map(({ model, ...network }) => ({ ...network, model: { ...model, hidden: [512] } }));

/** The authors' decay is 0.01, with 3,000 times as many steps. */
const fanNetworks: readonly SineNetwork[] = [
  { name: 'FAN, weight decay 0.3', model: { activation: 'fan', hidden: [256] }, weightDecay: 0.3 },
  { name: 'FAN', model: { activation: 'fan', hidden: [256] }, weightDecay: 0.01 },
  { name: 'GELU', model: { activation: 'gelu', hidden: [256] }, weightDecay: 0.01 },
  { name: 'GELU, three layers', model: { activation: 'gelu', hidden: [64, 64, 64] }, weightDecay: 0.01 },
].map((network) => ({ ...network, rates: [1e-3, 3e-3, 1e-2] }));

/** A sine that goes on. */
interface SineResult extends Tuned<SineErrors> {
  readonly task: 'snake' | 'fan';
}

type Result = ImageResult | SineResult;

export const authors = keptStudy<Result>({
  name: 'authors',
  summary: "Whether figures of the activations' authors come out here, at small scale.",
  duration: 'about 20 minutes',
  document: 'family.md',
  async train(setting) {
    const images = await fitImage(setting);
    const snake = await learnSine(
      snakeNetworks,
      { periods: 2, points: 128, steps: 4000, batchSize: 128 },
      setting,
    );
    const fan = await learnSine(
      fanNetworks,
      { periods: 3, points: 1024, steps: 6000, batchSize: 128, schedule: 'cosine' },
      setting,
    );
    const of = (task: SineResult['task'], results: readonly Tuned<SineErrors>[]): SineResult[] =>
      results.map((result) => ({ task, ...result }));
    return [...images, ...of('snake', snake), ...of('fan', fan)];
  },
  tablesOf(results) {
    const images = Object.fromEntries(
      results.filter((each) => each.task === 'image').map((each) => [each.key, each]),
    ) as unknown as ImageResults;
    const sines = (task: SineResult['task']) =>
      results.filter((each): each is SineResult => each.task === task);
    const [snake, fan] = [sines('snake'), sines('fan')];
    return {
      'authors/claims': claims(images, snake, fan),
      'authors/image': imageTable(images),
      'authors/snake': sineTable(snake),
      'authors/fan': sineTable(fan),
    };
  },
});

const errorOf = (result: Tuned<SineErrors>, place: 'validation' | 'beyond' | 'far'): string =>
  showEstimate(estimate(result.runs.map((run) => run[place])));

const showRate = (rate: number): string => String(Number(rate.toPrecision(3)));

/** What a network reached on the image, in decibels. */
interface ImageScore {
  readonly learningRate: number;
  readonly runs: readonly number[];
  /** With one seed, by learning rate. */
  readonly tuning: { readonly [learningRate: string]: number };
}

const scoreHere = ({ learningRate, runs, tuning }: Tuned): ImageScore => ({
  learningRate,
  runs: runs.map(({ validation }) => psnr(validation)),
  tuning: Object.fromEntries(tuning.map(({ learningRate, validation }) => [learningRate, psnr(validation)])),
});

const scoreInPyTorch = (name: keyof typeof pytorch.networks): ImageScore => {
  const { learningRate, decibels, tuning } = pytorch.networks[name];
  return { learningRate, runs: decibels, tuning };
};

const shown = ({ runs }: ImageScore): string => showEstimate(estimate(runs));

/** The difference between two networks, each at its best learning rate. */
const differenceOf = (a: ImageScore, b: ImageScore): string =>
  showEstimate(estimate(a.runs.map((value, i) => value - b.runs[i])));

const atRates = ({ tuning }: ImageScore, rates: readonly number[]): string =>
  rates.map((rate) => tuning[rate]?.toFixed(1) ?? '–').join(', ');

/** The figures of the authors, those of their formulas in PyTorch at the size of this study, and those found here. */
function claims(
  image: ImageResults,
  [snake, , tanh, relu]: readonly Tuned<SineErrors>[],
  [fan, , , gelu]: readonly Tuned<SineErrors>[],
): MarkdownTable {
  const names = ['siren', 'finer', 'earlySiren', 'earlyFiner', 'wire', 'tanh', 'relu'] as const;
  type Scores = { readonly [name in (typeof names)[number]]: ImageScore };
  const scores = (of: (name: (typeof names)[number]) => ImageScore) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Scores;
  const here = scores((name) => scoreHere(image[name]));
  const there = scores(scoreInPyTorch);
  const compared = (figure: string, theirs: string, of: (scores: Scores) => string) => [
    figure,
    theirs,
    of(there),
    of(here),
  ];
  const rates = [1e-3, 5e-3, 2e-2];
  return {
    columns: ['figure', 'authors', 'PyTorch, this size', 'here'],
    rows: [
      compared('SIREN, dB', '38.5', ({ siren }) => shown(siren)),
      compared('SIREN − tanh, dB', 'plot', ({ siren, tanh }) => differenceOf(siren, tanh)),
      compared('SIREN − ReLU, dB', 'plot', ({ siren, relu }) => differenceOf(siren, relu)),
      compared('FINER − SIREN, dB', '2.2', ({ finer, siren }) => differenceOf(finer, siren)),
      compared('FINER − SIREN after 200 steps, dB', 'plot', ({ earlyFiner, earlySiren }) =>
        differenceOf(earlyFiner, earlySiren),
      ),
      compared('WIRE at rates 1e-3, 5e-3, 2e-2, dB', '21.1, 28.8, 12.6', ({ wire }) => atRates(wire, rates)),
      compared('WIRE − SIREN, dB', '-9.7', ({ wire, siren }) => differenceOf(wire, siren)),
      ['Snake, error beyond the data', 'plot', '', errorOf(snake, 'beyond')],
      ['tanh, the same', 'plot', '', errorOf(tanh, 'beyond')],
      ['ReLU, the same', 'plot', '', errorOf(relu, 'beyond')],
      ['FAN, error beyond the data', 'plot', '', errorOf(fan, 'beyond')],
      ['GELU, the same', 'plot', '', errorOf(gelu, 'beyond')],
    ],
  };
}

const imageTable = (results: ImageResults): MarkdownTable => {
  const names = Object.keys(results) as (keyof ImageResults)[];
  const rows = names.map((name) => {
    const here = scoreHere(results[name]);
    const cells = [results[name].name, showRate(here.learningRate), shown(here)];
    if (!(name in pytorch.networks)) return [...cells, '', ''];
    const there = scoreInPyTorch(name as keyof typeof pytorch.networks);
    return [...cells, showRate(there.learningRate), shown(there)];
  });
  return { columns: ['network', 'rate', 'PSNR here, dB', 'rate', 'PSNR in PyTorch, dB'], rows };
};

const sineTable = (results: readonly Tuned<SineErrors>[]): MarkdownTable => ({
  columns: ['network', 'rate', 'error inside', 'error beyond', 'error far beyond'],
  rows: results.map((result) => [
    result.name,
    showRate(result.learningRate),
    errorOf(result, 'validation'),
    errorOf(result, 'beyond'),
    errorOf(result, 'far'),
  ]),
});
