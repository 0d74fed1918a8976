// The scripts of package.json go through tools/launcher, which installs what each needs and says so in a line: of them,
// pnpm neither checks the dependencies nor prints its own header and failure. Everything else is as pnpm has it.
const { scripts } = require('./package.json');

const [command, argument] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const script = command === 'run' || command === 'run-script' ? argument : command;

module.exports = {
  hooks: {
    updateConfig(config) {
      if (scripts[script]?.startsWith('node harmonic.mjs ')) {
        config.verifyDepsBeforeRun = false;
        config.reporter ??= 'silent';
      }
      return config;
    },
  },
};
