/**
 * Commands that Redis executes as a whole. Those of a worker name the lock of its job, which BullMQ keeps in `<job>:lock`: only
 * the worker whose token is in there may change what the next worker will start from.
 */
export const scripts = {
  /** What there is of a trial: result, failure, reports after those that are known, whether it is in the queue. */
  trialState: {
    // result, failure, progress, job; number of known reports
    numberOfKeys: 4,
    lua: `
return {
  redis.call('GET', KEYS[1]),
  redis.call('GET', KEYS[2]),
  redis.call('LRANGE', KEYS[3], ARGV[1], -1),
  redis.call('EXISTS', KEYS[4]),
}`,
  },
  /** Keeps the first result of a trial and returns an earlier one. */
  finishTrial: {
    // result, checkpoint, stop; record, seconds, channel, news
    numberOfKeys: 3,
    lua: `
local earlier = redis.call('GET', KEYS[1])
if not earlier then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return earlier`,
  },
  /** Keeps a failure. Its checkpoint is dropped: it may be the cause. */
  failTrial: {
    // lock, failure, checkpoint; token or nothing, record, seconds, channel, news
    numberOfKeys: 3,
    lua: `
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
redis.call('DEL', KEYS[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1`,
  },
  /** Keeps a checkpoint, unless the lock is lost. */
  saveCheckpoint: {
    // lock, checkpoint; token, bytes, seconds
    numberOfKeys: 2,
    lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return 1`,
  },
  /** Keeps a file for the coordinator, unless the lock is lost. */
  keepFile: {
    // lock, files; token, name, bytes, seconds
    numberOfKeys: 2,
    lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1`,
  },
  /** Keeps a report, unless the lock is lost, and says how to go on: continue, stop, or lost to another worker. */
  reportProgress: {
    // lock, progress, stop, result; token, record, seconds, channel, news
    numberOfKeys: 4,
    lua: `
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('RPUSH', KEYS[2], ARGV[2])
  redis.call('EXPIRE', KEYS[2], ARGV[3])
  redis.call('PUBLISH', ARGV[4], ARGV[5])
elseif holder or redis.call('EXISTS', KEYS[4]) == 1 then
  return 'lost'
end
if redis.call('EXISTS', KEYS[3]) == 1 then return 'stop' end
return 'continue'`,
  },
} as const;

/** The commands of {@link scripts}, as ioredis defines them. */
export interface ScriptCommands {
  trialState(
    ...keysAndArguments: (string | number)[]
  ): Promise<[string | null, string | null, string[], number]>;
  finishTrial(...keysAndArguments: (string | number)[]): Promise<string | null>;
  failTrial(...keysAndArguments: (string | number)[]): Promise<number>;
  saveCheckpoint(...keysAndArguments: (string | number | Buffer)[]): Promise<number>;
  keepFile(...keysAndArguments: (string | number | Buffer)[]): Promise<number>;
  reportProgress(...keysAndArguments: (string | number)[]): Promise<'continue' | 'stop' | 'lost'>;
}
