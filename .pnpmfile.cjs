// The scripts of package.json go through tools/launcher, which installs what each needs and reports it in one line. When they
// are run here, pnpm therefore neither checks their dependencies nor prints its own header and failure message.
const { scripts } = require('./package.json');

const words = process.argv.slice(2);
const [command, argument] = words.filter((word) => !word.startsWith('-'));
const name = command === 'run' || command === 'run-script' ? argument : command === 't' ? 'test' : command;
const isHere =
  process.cwd() === __dirname &&
  !words.some((word) => /^(-r|--recursive|-F|--filter.*|-C|--dir)$/.test(word));
const isLaunched = isHere && scripts[name]?.startsWith('node harmonic.mjs ') === true;

module.exports = {
  hooks: {
    updateConfig(config) {
      if (isLaunched || process.env.HARMONIC_MLP_BUILDS) config.verifyDepsBeforeRun = false;
      if (isLaunched) config.reporter ??= 'silent';
      return config;
    },
  },
};
