import type { Command } from 'commander';
import { type Backend, withBackend } from '../backends';
import { loadData, sourceFor, titleOf } from '../data';
import { TrainerError } from '../errors';
import { addCommonOptions, type CommonOptions, integer, path } from '../options';
import { output, printJson } from '../output';
import { printFacts } from '../table';
import { loadModel, modelOption } from './model-option';

interface EvaluateOptions extends CommonOptions {
  model?: string;
  batchSize: number;
}

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .description('Evaluate a saved model on the test images.')
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
  const { test } = await loadData(source, options);
  const begun = performance.now();
  const { loss, accuracy } = await model.evaluate(test, { batchSize });
  const seconds = (performance.now() - begun) / 1000;
  model.dispose();
  if (!Number.isFinite(loss)) {
    const problem = `The test loss is ${loss}: the weights are damaged.`;
    throw new TrainerError('INVALID_DATA', { problem, file });
  }

  if (options.json) {
    // Only if its epochs were evaluated on these images.
    const own = sourceFor(trainedOn, { verify: source.verify });
    const isSame =
      trainedOn.validation === undefined && source.dataset === own.dataset && source.dataDir === own.dataDir;
    const accuracies = history.flatMap(({ validation }) => validation?.accuracy ?? []);
    printJson({
      event: 'summary',
      backend: backend.name,
      epochs: history.length,
      testAccuracy: accuracy,
      bestTestAccuracy: isSame ? Math.max(accuracy, ...accuracies) : undefined,
      stepsPerSecond: Math.ceil(test.size / batchSize) / seconds,
      seconds: (performance.now() - started) / 1000,
    });
    return;
  }
  output.say(`${file}: trained for ${history.length} ${history.length === 1 ? 'epoch' : 'epochs'}`);
  printFacts(
    {
      'Test accuracy': `${(100 * accuracy).toFixed(2)}% of ${test.size.toLocaleString('en')} images of ${titleOf(source)}`,
      'Test loss': loss.toFixed(4),
      Speed: `${Math.round(test.size / seconds).toLocaleString('en')} images/s, ${backend.description}`,
    },
    { indent: 0 },
  );
}
