import { applies, type Setting, type SettingValues, settings } from 'harmonic-mlp/settings';
import { backendNames } from './backends';
import { augmentationSettings, dataSettings, taskOf } from './data';

/** The backend to compute with. */
export const backendSettings = {
  backend: {
    name: 'backend',
    flag: 'backend',
    group: 'backend',
    label: 'Backend',
    placeholder: '<name>',
    help: 'backend to compute with',
    explanations: {
      auto: 'the fastest one for this model here, measured once and again after 30 days',
      webgpu: 'a graphics card',
      tensorflow: "TensorFlow's C library, which setup:tensorflow installs",
      wasm: 'WebAssembly',
      cpu: 'plain JavaScript, which is slow',
    },
    type: { kind: 'choice', choices: ['auto', ...backendNames], default: 'auto' },
    onResume: 'change',
  },
  kernels: {
    name: 'kernels',
    flag: 'kernels',
    group: 'backend',
    label: 'Kernels',
    placeholder: '<yes>',
    help: 'use only the kernels of tfjs, which are several times slower',
    type: { kind: 'flag', default: true },
    onResume: 'change',
  },
  threads: {
    name: 'threads',
    flag: 'threads',
    group: 'backend',
    label: 'Threads',
    placeholder: '<n>',
    help: 'threads that take a step together on wasm, with the same result',
    explanations: { auto: 'as many as are fastest for this model here, tried in the first steps of a run' },
    type: {
      kind: 'numberOrName',
      bounds: { integer: true, min: 1, max: 64 },
      names: ['auto'],
      default: 'auto',
    },
    onResume: 'change',
  },
} as const satisfies Record<string, Setting>;

/** What is saved of a run, and when. */
export const checkpointSettings = {
  checkpointSteps: {
    name: 'checkpointSteps',
    flag: 'checkpoint-steps',
    group: 'checkpoints',
    label: 'Steps between checkpoints',
    placeholder: '<n>',
    help: 'save the run after every so many steps, besides after each epoch',
    type: { kind: 'number', bounds: { integer: true, min: 1 } },
    onResume: 'change',
  },
  checkpointSeconds: {
    name: 'checkpointSeconds',
    flag: 'checkpoint-seconds',
    group: 'checkpoints',
    label: 'Seconds between checkpoints',
    placeholder: '<s>',
    help: 'save it so many seconds after it was last saved',
    type: { kind: 'number', bounds: { above: 0 }, default: 600 },
    onResume: 'change',
  },
  keep: {
    name: 'keep',
    flag: 'keep',
    group: 'checkpoints',
    label: 'Checkpoints to keep',
    placeholder: '<n>',
    help: 'checkpoints to keep: last.safetensors, and in the folder checkpoints those before it',
    type: { kind: 'number', bounds: { integer: true, min: 1 }, default: 2 },
    onResume: 'change',
  },
} as const satisfies Record<string, Setting>;

/** All settings of a run, in the order in which they are shown. */
export const runSettings: readonly Setting[] = [
  ...settings,
  ...Object.values(dataSettings),
  ...Object.values(augmentationSettings),
  ...Object.values(backendSettings),
  ...Object.values(checkpointSettings),
];

/** The setting with a name. */
export function settingOf(name: string): Setting {
  const setting = runSettings.find((each) => each.name === name);
  if (setting === undefined) throw new Error(`There is no setting ${name}.`);
  return setting;
}

/** The values of the settings that apply to a run. */
export function applicable(values: SettingValues): SettingValues {
  const all = { ...values, task: taskOf(String(values.dataset)) };
  return Object.fromEntries(
    runSettings.flatMap((setting) =>
      values[setting.name] !== undefined && applies(setting, all, runSettings)
        ? [[setting.name, values[setting.name]]]
        : [],
    ),
  );
}

/** The two ways to say what the periods are, of which a model has one. */
const waysOfPeriods = [['periods'], ['baseFreq', 'maxFreq']];

/** `values` with the given ones in their place, and without those that do not apply because of a given one. */
export function override(values: SettingValues, given: SettingValues): SettingValues {
  const all: Record<string, unknown> = { ...values, ...given };
  const isGiven = ({ name }: Pick<Setting, 'name'>) => given[name] !== undefined;
  // Capped periods are those that have the others.
  const decides = (name: string) => isGiven({ name }) && given[name] !== 'capped';
  for (const [own, other] of [waysOfPeriods, [...waysOfPeriods].reverse()]) {
    const [has, hasOther] = [own, other].map((names) => names.some(decides));
    if (has && !hasOther) for (const name of other) delete all[name];
  }
  const changed = new Set(runSettings.filter(isGiven).map(({ name }) => name));
  // The data decide the task.
  const task = changed.has('dataset') ? taskOf(String(given.dataset)) : undefined;
  if (task !== undefined) changed.add('task');
  for (const setting of runSettings) {
    const { name, when } = setting;
    if (isGiven(setting) || when === undefined || !changed.has(when.setting)) continue;
    if (applies(setting, { ...all, task }, runSettings)) continue;
    delete all[name];
    changed.add(name);
  }
  return all;
}
