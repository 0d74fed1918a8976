import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that takes orders, one JSON object per line, and answers each with one. */
export interface OrderedProgram {
  /** @throws {Error} if the answer is an error, or the program has ended. */
  give<T>(order: object): Promise<T>;
  end(): Promise<void>;
}

/**
 * Starts a program in a process of its own.
 *
 * @param name how its errors call it.
 */
export function startProgram(
  name: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): OrderedProgram {
  const child: ChildProcessWithoutNullStreams = spawn(command, args, { env });
  const complaints: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async give<T>(order: object): Promise<T> {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`${name}'s program ended: ${complaints.join('').trim()}`);
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
      return answer;
    },
    async end() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
