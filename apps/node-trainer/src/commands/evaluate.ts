import type { Command } from 'commander';
import { type Backend, withBackend } from '../backends';
import { sourceFor, titleOf } from '../data';
import { TrainerError } from '../errors';
import { loadDataFor, loadModel } from '../load-model';
import { addCommonOptions, type CommonOptions, integer, path } from '../options';
import { output, printJson } from '../output';
import { bestOf, named, scoreOf, scoringOf } from '../scoring';
import { printFacts } from '../table';
import { modelOption } from './model-option';

interface EvaluateOptions extends CommonOptions {
  model?: string;
  batchSize: number;
}

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .description('Evaluate a saved model on the test examples.')
    .option(...modelOption, path)
    .option('--batch-size <n>', 'examples to evaluate at once', integer('--batch-size', { min: 1 }), 256);
  addCommonOptions(command).action((options: EvaluateOptions) =>
    withBackend(options, (backend) => evaluate(backend, options)),
  );
}

async function evaluate(
  backend: Backend,
  { model: place, batchSize, ...options }: EvaluateOptions,
): Promise<void> {
  const started = performance.now();
  const { model, file, history, trainedOn } = await loadModel(place);
  const source = sourceFor(trainedOn, options);
  const { test, noun } = await loadDataFor(model, source, options);
  const scoring = scoringOf(model.config.task);
  const begun = performance.now();
  const evaluation = await model.evaluate(test, { batchSize });
  const { loss } = evaluation;
  const seconds = (performance.now() - begun) / 1000;
  model.dispose();
  if (!Number.isFinite(loss)) {
    const problem = `The test loss is ${loss}: the weights are damaged.`;
    throw new TrainerError('INVALID_DATA', { problem, file });
  }

  if (options.json) {
    // Only if its epochs were evaluated on these examples.
    const own = sourceFor(trainedOn, { verify: source.verify });
    const isSame =
      trainedOn.validation === undefined && source.dataset === own.dataset && source.dataDir === own.dataDir;
    const [score, best] = [scoreOf(scoring, evaluation), bestOf(scoring, history)];
    const isBetter = best === undefined || scoring.isBetter(score!, best);
    printJson({
      event: 'summary',
      backend: backend.name,
      epochs: history.length,
      ...named(scoring, 'test', (metric) => evaluation[metric]),
      ...(isSame && named({ measures: [scoring.main] }, 'bestTest', () => (isBetter ? score : best))),
      stepsPerSecond: Math.ceil(test.size / batchSize) / seconds,
      seconds: (performance.now() - started) / 1000,
    });
    return;
  }
  output.say(`${file}: trained for ${history.length} ${history.length === 1 ? 'epoch' : 'epochs'}`);
  printFacts(
    {
      ...Object.fromEntries(
        scoring.measures.map(({ name, title, text }) => [`Test ${title}`, text(evaluation[name])]),
      ),
      'Test loss': scoring.lossText(loss),
      'Test data': `${test.size.toLocaleString('en')} ${noun} of ${titleOf(source)}`,
      Speed: `${Math.round(test.size / seconds).toLocaleString('en')} ${noun}/s, ${backend.description}`,
    },
    { indent: 0 },
  );
}
