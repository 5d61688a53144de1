import test from 'ava';
import {
  Pool,
  PoolClosedError,
  PoolError,
  PoolOverloadError,
  ReleaseTimeoutError,
  TaskTimeoutError,
  WaitTimeoutError,
} from 'workpool';

import { child } from './support/child.js';
import { gate, occupy } from './support/gate.js';
import { rejection } from './support/until.js';

/** One error of each class, as users meet it. */
async function specimens(name: string) {
  const pool = Pool.create({ name, size: 1, maxBlockingTasks: 2 });
  const end = gate();
  const taskTimeout = rejection(pool.submit(() => end.promise, { timeout: 1 }));
  const waitTimeout = rejection(pool.submit(() => 0, { waitTimeout: 200 }));
  const waiting = rejection(pool.submit(() => 0));
  const overload = rejection(pool.submit(() => 0));
  const timeouts = await Promise.all([taskTimeout, waitTimeout, overload]);
  const releaseTimeout = await rejection(pool.releaseTimeout(1));
  const refused = await rejection(pool.submit(() => 0));
  end.open();
  return [...timeouts, releaseTimeout, refused, await waiting];
}

const table = [
  [TaskTimeoutError, 'TaskTimeoutError', 'ERR_POOL_TASK_TIMEOUT', true],
  [WaitTimeoutError, 'WaitTimeoutError', 'ERR_POOL_WAIT_TIMEOUT', true],
  [PoolOverloadError, 'PoolOverloadError', 'ERR_POOL_OVERLOAD', true],
  [ReleaseTimeoutError, 'ReleaseTimeoutError', 'ERR_POOL_RELEASE_TIMEOUT', false],
  [PoolClosedError, 'PoolClosedError', 'ERR_POOL_CLOSED', false],
  [PoolClosedError, 'PoolClosedError', 'ERR_POOL_CLOSED', false],
] as const;

test("errors of a pool have their class, name, code and retryable, and the pool's name in the message", async (t) => {
  const errors = await specimens('bakery-7');
  t.is(errors.length, table.length);
  for (const [i, [ErrorClass, name, code, retryable]] of table.entries()) {
    const error = errors[i];
    t.is(error.constructor, ErrorClass);
    t.true(error instanceof PoolError);
    t.true(error instanceof Error);
    t.is(error.name, name);
    t.is(error.code, code);
    t.is(error.retryable, retryable);
    t.regex(error.message, /bakery-7/);
    t.true(String(error).startsWith(`${name}: `), String(error));
    t.is(typeof error.stack, 'string');
  }
});

test('two refused tasks get two errors', async (t) => {
  const pool = Pool.create({ size: 1 });
  const { finish } = occupy(pool, 1);
  const waiting = [pool.submit(() => 0), pool.submit(() => 0)];
  pool.release();
  const [one, two] = await Promise.all(waiting.map(rejection));
  t.not(one, two);
  await finish();
});

test('a name may hold anything a string can', async (t) => {
  for (const name of ['with space', 'ünï ☃ 🥖', 'a"b\'c', '%s %d']) {
    const pool = Pool.create({ name });
    pool.release();
    t.true((await rejection(pool.submit(() => 0))).message.includes(name));
  }
});

test('unnamed pools are called pool-1, pool-2, …', async (t) => {
  t.timeout(15_000);
  const { code, stdout } = await child('unnamed');
  t.is(code, 0);
  const messages = stdout.trim().split('\n');
  t.is(messages.length, 3);
  for (const [i, message] of messages.entries()) t.regex(message, new RegExp(`\\bpool-${i + 1}\\b`));
});
