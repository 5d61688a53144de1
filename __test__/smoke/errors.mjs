/** What fails, and how it is told. */
import assert from 'node:assert/strict'

import { Pool, PoolError, ThreadPool, WorkerCrashedError, WorkerStartError } from 'workpool'

import { cases, runtime } from './cases.mjs'

const filename = new URL('tasks.mjs', import.meta.url)
const resourceLimits = { maxOldGenerationSizeMb: 32 }
class OvenError extends Error {}

async function withThreads(use, options = {}) {
  const pool = ThreadPool.create({ filename, size: 1, ...options })
  try {
    await use(pool)
  } finally {
    await pool.destroy()
  }
}

await cases([
  [
    'options that are wrong are named',
    async () => {
      assert.throws(() => Pool.create({ size: 0 }), { name: 'RangeError', code: 'ERR_POOL_OPTION' })
      assert.throws(() => Pool.create({ sise: 1 }), { name: 'TypeError', code: 'ERR_POOL_OPTION' })
      await assert.rejects(Pool.create().submit(1), { name: 'TypeError', code: 'ERR_POOL_OPTION' })
    },
  ],
  [
    'a failed closure rejects its own promise, and panicHandler sees it first',
    async () => {
      const seen = []
      const pool = Pool.create({ size: 1, panicHandler: (error, task) => seen.push([error.message, task.id]) })
      await assert.rejects(
        pool.submit(() => Promise.reject(new Error('one'))),
        /one/,
      )
      pool.execute(() => {
        throw new Error('two')
      })
      await pool.close()
      assert.deepEqual(seen, [
        ['one', 1],
        ['two', 2],
      ])
    },
  ],
  [
    'an error of a thread arrives whole',
    () =>
      withThreads(async (pool) => {
        const error = await pool.tasks.fail().then(assert.fail, (thrown) => thrown)
        assert.ok(error instanceof RangeError)
        assert.ok(error.cause instanceof TypeError)
        assert.deepEqual(
          [error.message, error.code, error.nested, error.cause.message],
          ['too far', 'E_FAR', { at: [1, 2] }, 'why'],
        )
        assert.match(error.stack, /tasks\.mjs/)
      }),
  ],
  [
    'classes of one’s own are rebuilt',
    () =>
      withThreads(
        async (pool) => {
          const error = await pool.tasks.failOwn().then(assert.fail, (thrown) => thrown)
          assert.ok(error instanceof OvenError)
          assert.equal(error.oven, 3)
        },
        { errors: [OvenError] },
      ),
  ],
  [
    'what cannot be cloned fails its task',
    () =>
      withThreads(async (pool) => {
        await assert.rejects(
          pool.run(() => {}),
          { name: 'DataCloneError' },
        )
        await assert.rejects(pool.tasks.uncloneable(), { name: 'DataCloneError' })
        assert.equal(await pool.run(1), 1)
      }),
  ],
  [
    'an unknown export is named',
    () =>
      withThreads((pool) => assert.rejects(pool.tasks.nothing(), { name: 'TypeError', message: /nothing.*doubled/s })),
  ],
  [
    'a module that cannot be loaded',
    async () => {
      const pool = ThreadPool.create({ filename: new URL('missing.mjs', import.meta.url), size: 1 })
      await assert.rejects(pool.run(), WorkerStartError)
      await assert.rejects(pool.ready(), WorkerStartError)
      await pool.close()
    },
  ],
  [
    'a task that exits',
    () =>
      withThreads(async (pool) => {
        const error = await pool.tasks.exit(3).then(assert.fail, (thrown) => thrown)
        assert.ok(error instanceof WorkerCrashedError && error instanceof PoolError)
        assert.equal(error.exitCode, 3)
        assert.equal(error.retryable, true)
        assert.equal(await pool.run('next'), 'next')
      }),
  ],
  [
    'a thread that throws outside of its task',
    () =>
      withThreads(async (pool) => {
        const error = await pool.tasks.throwLater().then(assert.fail, (thrown) => thrown)
        assert.ok(error instanceof WorkerCrashedError)
        assert.equal(error.cause.message, 'later')
        assert.equal(await pool.run('next'), 'next')
      }),
  ],
  [
    'a thread that runs out of memory',
    () =>
      withThreads(
        async (pool) => {
          await assert.rejects(pool.tasks.hungry(), WorkerCrashedError)
          assert.equal(await pool.run('next'), 'next')
        },
        { resourceLimits },
      ),
    { bun: 'it has no limits', deno: 'it stops the thread and does not report it' },
  ],
  [
    'limits that the runtime does not heed are logged, and a timeout ends the task',
    async () => {
      const logged = []
      const ignore = () => {}
      const logger = { debug: ignore, info: ignore, error: ignore, warn: (details) => logged.push(details.option) }
      await withThreads(
        async (pool) => {
          await assert.rejects(pool.run(undefined, { name: 'hungry', timeout: 200 }), PoolError)
          assert.equal(await pool.run('next'), 'next')
        },
        { resourceLimits, logger },
      )
      assert.deepEqual(logged, runtime === 'node' ? [] : ['resourceLimits'])
    },
  ],
])
