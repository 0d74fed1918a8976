import {
  estimate,
  type Findings,
  type Setting,
  type Study,
  type StudyTable,
  showEstimate,
  type Tuned,
} from '../../harness';
import { fitImage, type ImageResults } from './image';
import { psnr } from './mandrill';
import { learnSine, type SineErrors, type SineNetwork } from './sine';

/** One hidden layer of 512 units. */
const snakeNetworks: readonly SineNetwork[] = [
  { name: 'Snake, a = 10', model: { activation: 'snake', frequency: 10 }, rates: [3e-4, 1e-3, 3e-3] },
  { name: 'Snake, a = 1', model: { activation: 'snake' }, rates: [3e-4, 1e-3, 3e-3] },
  { name: 'tanh', model: { activation: 'tanh' }, rates: [3e-4, 1e-3, 3e-3] },
  { name: 'ReLU', model: { activation: 'relu' }, rates: [3e-4, 1e-3, 3e-3] },
].map(({ model, ...network }) => ({ ...network, model: { ...model, hidden: [512] } }));

/** One hidden layer of 256 units. The authors' decay is 0.01, with 3,000 times as many steps. */
const fanNetworks: readonly SineNetwork[] = [
  { name: 'FAN, weight decay 0.3', model: { activation: 'fan' }, weightDecay: 0.3 },
  { name: 'FAN, weight decay 0.01', model: { activation: 'fan' }, weightDecay: 0.01 },
  { name: 'GELU, weight decay 0.3', model: { activation: 'gelu' }, weightDecay: 0.3 },
  { name: 'GELU, weight decay 0.01', model: { activation: 'gelu' }, weightDecay: 0.01 },
].map(({ model, ...network }) => ({
  ...network,
  model: { ...model, hidden: [256] },
  rates: [1e-3, 3e-3, 1e-2],
}));

export const authors: Study = {
  name: 'authors',
  summary: "Whether figures of the activations' authors come out here, at small scale.",
  duration: '40 minutes',
  document: 'family.md',
  async run(setting: Setting): Promise<Findings> {
    const image = await fitImage(setting);
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
    return {
      tables: {
        'authors/claims': claims(image, snake, fan),
        'authors/image': imageTable(image),
        'authors/snake': sineTable(snake),
        'authors/fan': sineTable(fan),
      },
      figures: { image, snake, fan },
    };
  },
};

/** The PSNR of each run. */
const decibels = ({ runs }: Tuned): number[] => runs.map(({ validation }) => psnr(validation));

const errorOf = (result: Tuned<SineErrors>, place: 'validation' | 'beyond' | 'far'): string =>
  showEstimate(estimate(result.runs.map((run) => run[place])));

/** The figures of the authors, and those found here. */
function claims(
  image: ImageResults,
  snake: readonly Tuned<SineErrors>[],
  fan: readonly Tuned<SineErrors>[],
): StudyTable {
  const shown = (result: Tuned) => showEstimate(estimate(decibels(result)));
  const difference = (a: Tuned, b: Tuned) => {
    const others = decibels(b);
    return showEstimate(estimate(decibels(a).map((value, i) => value - others[i])));
  };
  const at = (rate: number) => {
    const found = image.wire.tuning.find(({ learningRate }) => learningRate === rate);
    return found === undefined ? '–' : psnr(found.validation).toFixed(1);
  };
  const [snakeAtTen, , tanh, relu] = snake;
  const [fanDecayed, , , gelu] = fan;
  return {
    columns: ['figure', 'authors', 'here'],
    rows: [
      ['SIREN − tanh, dB', 'plot only', difference(image.siren, image.tanh)],
      ['SIREN − ReLU, dB', 'plot only', difference(image.siren, image.relu)],
      ['FINER − SIREN, dB', '2.2', difference(image.finer, image.siren)],
      ['WIRE at rates 1e-3, 5e-3, 2e-2, dB', '21.1, 28.8, 12.6', [1e-3, 5e-3, 2e-2].map(at).join(', ')],
      ['WIRE − SIREN, each at its best rate, dB', '−9.7', difference(image.wire, image.siren)],
      ['SIREN, dB', '38.5', shown(image.siren)],
      ['Snake, error of a sine beyond the data', 'plot only', errorOf(snakeAtTen, 'beyond')],
      ['tanh, the same', 'plot only', errorOf(tanh, 'beyond')],
      ['ReLU, the same', 'plot only', errorOf(relu, 'beyond')],
      ['FAN, error of a sine beyond the data', 'plot only', errorOf(fanDecayed, 'beyond')],
      ['GELU, the same', 'plot only', errorOf(gelu, 'beyond')],
    ],
  };
}

const imageTable = (results: ImageResults): StudyTable => ({
  columns: ['network', 'learning rate', 'PSNR, dB'],
  rows: Object.values(results).map((result) => [
    result.name,
    String(result.learningRate),
    showEstimate(estimate(decibels(result))),
  ]),
});

const sineTable = (results: readonly Tuned<SineErrors>[]): StudyTable => ({
  columns: ['network', 'learning rate', 'error inside', 'error beyond', 'error far beyond'],
  rows: results.map((result) => [
    result.name,
    String(result.learningRate),
    errorOf(result, 'validation'),
    errorOf(result, 'beyond'),
    errorOf(result, 'far'),
  ]),
});
