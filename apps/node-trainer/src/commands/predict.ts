import { tidy } from '@tensorflow/tfjs-core';
import type { Command } from 'commander';
import pc from 'picocolors';
import { useBackend } from '../backend';
import { loadData } from '../data';
import { drawImage } from '../draw-image';
import { UsageError } from '../exit-code';
import { addCommonOptions, type CommonOptions, integer, path } from '../options';
import { printJson } from '../training-report';
import { loadModel, modelOption } from './model-option';

interface PredictOptions extends CommonOptions {
  model?: string;
}

export function addPredictCommand(program: Command): void {
  const command = program
    .command('predict')
    .description('Classify one test image, drawn in the terminal.')
    .argument('<index>', 'the number of the test image, from 0', integer('index', { min: 0 }))
    .option(...modelOption, path);
  addCommonOptions(command).action(predict);
}

async function predict(index: number, { model: place, ...options }: PredictOptions): Promise<void> {
  await useBackend(options.backend);
  const { model, file } = await loadModel(place);
  const { test } = await loadData(options);
  if (index >= test.size) {
    throw new UsageError(
      `There is no test image ${index}: the ${test.size} images are numbered 0 to ${test.size - 1}.`,
    );
  }
  const { inputs } = test.batch([index]);
  const probabilities = Array.from(await tidy(() => model.predict(inputs)).data());
  if (!probabilities.every(Number.isFinite)) throw new Error(`${file}: the weights are spoilt.`);
  const prediction = probabilities.indexOf(Math.max(...probabilities));
  const { pixels, label } = test.image(index);

  if (options.json) {
    printJson({ event: 'prediction', index, label, prediction, probabilities });
    return;
  }
  const [rows, columns] = test.imageShape ?? [1, test.inputSize];
  console.log(drawImage(pixels, rows, columns, process.stdout.columns ?? 80));
  const verdict = prediction === label ? pc.green('right') : pc.red('wrong');
  console.log(`\nTest image ${index} is a ${label}; the model says ${prediction}: ${verdict}.\n`);
  probabilities.forEach((probability, digit) => {
    const bar = '━'.repeat(Math.round(30 * probability));
    const line = `${digit}  ${(100 * probability).toFixed(1).padStart(5)} %  ${bar}`;
    console.log(digit === prediction ? pc.bold(line) : line);
  });
}
