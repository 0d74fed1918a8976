import { foldIn, type RandomKey, randomKey } from '@harmonic-mlp/core';
import {
  type CompiledProgram,
  disposeRecording,
  executorOf,
  programOf,
  type Recording,
  recordStep,
} from '@harmonic-mlp/core/program';
import { dispose, keep, mul, type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';

type Inputs = Record<string, Tensor>;

/** What a program computes: some of its outputs are its result. */
export type Step<I extends Inputs> = (inputs: I, key: RandomKey) => Tensor[];

/** Records a step twice and compiles its program, or says why it cannot be; the states have their values again afterwards. */
export function tryToCompile<I extends Inputs>(
  step: Step<I>,
  inputs: I,
  states: Record<string, Variable> = {},
): CompiledProgram | { readonly obstacle: string } {
  const start = Object.entries(states).map(([name, state]) => [name, mul(state, 1)] as const);
  const restart = () => {
    tidy(() => {
      for (const [name, value] of start) states[name].assign(mul(value, 1));
    });
  };
  const recordings = [1, 2].map((i) => {
    restart();
    const key = foldIn(randomKey(1), i);
    const { outcome, result } = recordStep(
      { inputs, states: () => states, key, numbers: {} },
      () => tidy(() => step(inputs, key).map((each) => keep(each))),
      (outputs) => outputs,
    );
    for (const each of result) each.dispose();
    if ('obstacle' in outcome) throw new Error(outcome.obstacle);
    return (outcome as { recording: Recording }).recording;
  });
  try {
    const outcome = programOf(recordings[0], recordings[1]);
    if ('obstacle' in outcome) throw new Error(outcome.obstacle);
    return executorOf('wasm')!.compile(outcome.program, outcome.constants);
  } finally {
    for (const each of recordings) disposeRecording(each);
    restart();
    dispose(start.map(([, value]) => value));
  }
}

/** The program of a step, which must be one. */
export function compileStep(...given: Parameters<typeof tryToCompile>): CompiledProgram {
  const compiled = tryToCompile(...given);
  if ('obstacle' in compiled) throw new Error(compiled.obstacle);
  return compiled;
}
