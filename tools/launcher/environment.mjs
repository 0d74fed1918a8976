/** Node's options that would have every child wait for a debugger, or take its port. */
const inspector = /^--(inspect|debug)(-|=|$)/;

/** The environment of a program that this one starts: without a debugger, and without reports to others. */
export function childEnvironment() {
  const { NODE_OPTIONS = '', ...environment } = process.env;
  const options = NODE_OPTIONS.split(/\s+/).filter((option) => option !== '' && !inspector.test(option));
  return {
    ...environment,
    ...(options.length > 0 && { NODE_OPTIONS: options.join(' ') }),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  };
}
