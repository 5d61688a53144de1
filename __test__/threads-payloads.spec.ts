import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';
import { ThreadPool } from 'workpool';

import { identical } from './support/identical.js';
import { anything, cheap } from './support/values.js';

const filename = join(process.cwd(), '__test__', 'fixtures', 'thread-tasks.mjs');

/** What `structuredClone` makes of it, there and back; or the name of its error. */
function expected(value: unknown): { clone: unknown } | { error: string } {
  try {
    return { clone: structuredClone(structuredClone(value)) };
  } catch (error) {
    return { error: (error as Error).name };
  }
}

for (const [what, values, numRuns] of [
  ['values of the cheap kinds', cheap, 300],
  ['any values', anything, 300],
] as const) {
  test(`${what} go through a thread as through structuredClone, or fail with the same error`, async (t) => {
    t.timeout(60_000);
    await using pool = ThreadPool.create<Record<string, (value: any) => any>>({ filename, size: 1 });
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const should = expected(value);
        const [end] = await Promise.allSettled([pool.run(value, { name: 'identity' })]);
        if ('error' in should) return end.status === 'rejected' && end.reason?.name === should.error;
        return end.status === 'fulfilled' && identical(should.clone, end.value);
      }),
      { numRuns },
    );
    // Several arguments are a list of them.
    t.is(await pool.tasks.identity!([1, [2]]).then((list: unknown[]) => list.length), 2);
  });
}
