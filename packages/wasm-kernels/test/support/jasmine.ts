import { expect } from 'vitest';

/** The outcome of a spec: `undefined` if it passed, or the message it failed with. */
export type Outcomes = Map<string, string | undefined>;

type Body = (done: Done) => unknown;
type Done = (() => void) & { fail: (reason?: unknown) => void };

interface Suite {
  readonly name: string;
  readonly suites: Suite[];
  readonly specs: { name: string; body: Body }[];
  readonly beforeAll: Body[];
  readonly afterAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
}

const emptySuite = (name: string): Suite => ({
  name,
  suites: [],
  specs: [],
  beforeAll: [],
  afterAll: [],
  beforeEach: [],
  afterEach: [],
});

/** Installs the globals that Jasmine specs use, runs `load`, and returns the suites that it describes. */
export function collectSuites(load: () => void): Suite[] {
  const root = emptySuite('');
  let current = root;
  const hook = (kind: 'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach') => (body: Body) => {
    current[kind].push(body);
  };
  Object.assign(globalThis, {
    describe(name: string, define: () => void) {
      const parent = current;
      current = emptySuite(name);
      parent.suites.push(current);
      define();
      current = parent;
    },
    it: (name: string, body: Body) => current.specs.push({ name, body }),
    beforeAll: hook('beforeAll'),
    afterAll: hook('afterAll'),
    beforeEach: hook('beforeEach'),
    afterEach: hook('afterEach'),
    expect: (...actual: [unknown?]) => (actual.length === 0 ? { nothing() {} } : expect(actual[0])),
    jasmine: { DEFAULT_TIMEOUT_INTERVAL: 20_000 },
  });
  load();
  return root.suites;
}

/**
 * Runs suites one after the other and returns the outcome of each spec by its full name.
 *
 * @param around is called in each of the outermost suites between its own `beforeAll` and `afterAll`
 */
export async function runSuites(
  suites: readonly Suite[],
  around: (run: () => Promise<void>) => Promise<void>,
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  for (const suite of suites) {
    for (const body of suite.beforeAll) await call(body);
    await around(() => runSpecs(suite, suite.name, [], outcomes));
    for (const body of suite.afterAll) await call(body);
  }
  return outcomes;
}

async function runSpecs(suite: Suite, path: string, parents: Suite[], outcomes: Outcomes): Promise<void> {
  const chain = [...parents, suite];
  for (const { name, body } of suite.specs) {
    let fullName = `${path} ${name}`;
    for (let copy = 2; outcomes.has(fullName); copy++) fullName = `${path} ${name} (${copy})`;
    outcomes.set(fullName, await outcomeOf(chain, body));
  }
  for (const inner of suite.suites) {
    for (const body of inner.beforeAll) await call(body);
    await runSpecs(inner, `${path} ${inner.name}`, chain, outcomes);
    for (const body of inner.afterAll) await call(body);
  }
}

async function outcomeOf(chain: readonly Suite[], body: Body): Promise<string | undefined> {
  let failure: string | undefined;
  const attempt = async (run: Body) => {
    try {
      await call(run);
    } catch (error) {
      failure ??= error instanceof Error ? error.message : String(error);
    }
  };
  for (const { beforeEach } of chain) for (const hook of beforeEach) await attempt(hook);
  await attempt(body);
  for (const { afterEach } of [...chain].reverse()) for (const hook of afterEach) await attempt(hook);
  return failure;
}

/** Calls a body, which is done when it returns, when its promise is fulfilled, or when it signals so. */
async function call(body: Body): Promise<void> {
  if (body.length === 0) {
    await body(undefined as never);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    body(
      Object.assign(() => resolve(), { fail: (reason: unknown) => reject(reason ?? new Error('failed')) }),
    );
  });
}
