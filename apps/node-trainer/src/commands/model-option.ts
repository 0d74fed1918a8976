/** The option for the model that a command uses. */
export const modelOption = [
  '--model <file>',
  'saved model, or folder of a run (default: the best model of the newest run)',
] as const;
