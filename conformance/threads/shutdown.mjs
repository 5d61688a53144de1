import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { delay, expect, fulfils, inWords, outcomeOf, outcomesOf, rejects, settle, tally } from '../expect.mjs'

const OWNER = new URL('../fixtures/owner.mjs', import.meta.url)

/** @param {import('../adapters/threads/fixture.mjs').Threads} pool */
export async function keepIdle(pool) {
  await fulfils(pool.run('double', 1), 2)
}

/** One task spins, three wait. @param {import('../adapters/threads/fixture.mjs').Threads} pool */
export async function keepBusy(pool) {
  await keepIdle(pool)
  pool.run('spinForever').catch(() => {})
  for (let i = 0; i < 3; i++) pool.run('double', 1).catch(() => {})
  await delay(100)
}

const STATES = { idle: keepIdle, busy: keepBusy }

/** How a process may end. @type {Record<string, { says: string, end: () => void, ends: import('../lists.mjs').Ends }>} */
const ENDINGS = {
  'process-exit': { says: 'process.exit(7)', end: () => process.exit(7), ends: { code: 7 } },
  'really-exit': {
    says: 'process.reallyExit(7)',
    end: () => /** @type {any} */ (process).reallyExit(7),
    ends: { code: 7 },
  },
  'uncaught-exception': {
    says: 'an uncaught exception',
    end: () => {
      setImmediate(() => {
        // A code of its own, which no other exception ends with.
        process.once('exit', () => (process.exitCode = 70))
        throw new Error('the end')
      })
    },
    ends: { code: 70 },
  },
  sigterm: { says: 'SIGTERM', end: () => process.kill(process.pid, 'SIGTERM'), ends: { signal: 'SIGTERM' } },
}

/** @type {import('../lists.mjs').Test[]} */
const endings = Object.entries(ENDINGS).flatMap(([name, { says, end, ends }]) =>
  Object.entries(STATES).map(([state, keep]) => ({
    name: `${name}-${state}`,
    expects: `${says} ends the process while the pool is ${state}`,
    ends,
    run: async (/** @type {import('../lists.mjs').Given} */ { open }) => {
      await keep(open({ size: 1 }))
      end()
    },
  })),
)

/** @type {import('../lists.mjs').Test[]} */
const owners = Object.keys(STATES).map((state) => ({
  name: `owner-terminated-${state}`,
  needs: ['in threads'],
  expects: `a thread that owns a pool can be terminated while the pool is ${state}; then the process ends by itself`,
  ends: { code: 0 },
  run: async ({ library }) => {
    const owner = new Worker(OWNER, { workerData: { library, state } })
    await once(owner, 'message')
    await fulfils(
      owner.terminate().then(() => 'done'),
      'done',
      'terminate()',
    )
  },
}))

/** @type {import('../lists.mjs').Group} */
export const shutdown = {
  name: 'shutdown',
  tests: [
    {
      name: 'close-runs-running',
      expects: 'a graceful close of 3 threads, one of them idle, loses no running task',
      needs: ['close', 'close runs running'],
      run: async ({ open }) => {
        const pool = open({ size: 3, min: 3 })
        await settle(
          Array.from({ length: 3 }, () => pool.run('wait', 100)),
          'the warm-up',
        )
        const tasks = outcomesOf([pool.run('wait', 50), pool.run('wait', 400)])
        await delay(20)
        const closed = outcomeOf(/** @type {() => Promise<unknown>} */ (pool.close)())
        const outcomes = await tasks
        expect(
          outcomes.every(({ state }) => state === 'fulfilled'),
          `tasks of 50 and 400 ms: ${outcomes.map(inWords).join('; ')}`,
        )
        const end = await closed
        expect(end.state === 'fulfilled', `close ${inWords(end)}`)
      },
    },
    {
      name: 'close-runs-waiting',
      expects: 'a graceful close of 3 threads runs what waits, too',
      needs: ['close', 'close runs waiting'],
      run: async ({ open }) => {
        const pool = open({ size: 3, min: 3 })
        await settle(
          Array.from({ length: 3 }, () => pool.run('wait', 100)),
          'the warm-up',
        )
        const tasks = outcomesOf(Array.from({ length: 12 }, (_, i) => pool.run('wait', 20 + 10 * i)))
        const closed = outcomeOf(/** @type {() => Promise<unknown>} */ (pool.close)())
        const outcomes = await tasks
        const lost = outcomes.find(({ state }) => state !== 'fulfilled')
        expect(lost === undefined, `of 12 tasks ${tally(outcomes)}; one of them ${lost && inWords(lost)}`)
        const end = await closed
        expect(end.state === 'fulfilled', `close ${inWords(end)}`)
      },
    },
    {
      name: 'run-during-close',
      expects: 'a task given to a pool that is closing settles: it runs or it rejects',
      needs: ['close'],
      run: async ({ open }) => {
        const pool = open({ size: 2, min: 2 })
        await fulfils(pool.run('double', 1), 2)
        const running = pool.run('wait', 200)
        const closed = /** @type {() => Promise<unknown>} */ (pool.close)()
        running.catch(() => {})
        await settle([pool.run('double', 1)], 'the late task')
        await settle([closed], 'close')
      },
    },
    {
      name: 'run-after-close',
      expects: 'a task given to a closed pool rejects',
      needs: ['close', 'stays closed'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        await settle([/** @type {() => Promise<unknown>} */ (pool.close)()], 'close')
        await rejects(pool.run('double', 1))
      },
    },
    {
      name: 'destroy',
      expects: 'destroy ends and settles everything: running tasks, spinning ones and those that wait reject',
      run: async ({ open }) => {
        const pool = open({ size: 2, min: 2 })
        await settle([pool.run('wait', 100), pool.run('wait', 100)], 'the warm-up')
        const tasks = outcomesOf([
          pool.run('wait', 60_000),
          pool.run('spinForever'),
          ...Array.from({ length: 8 }, () => pool.run('wait', 60_000)),
        ])
        await delay(50)
        const end = await outcomeOf(pool.destroy())
        const outcomes = await tasks
        expect(
          outcomes.every(({ state }) => state === 'rejected'),
          `of 2 running and 8 waiting tasks ${tally(outcomes)}`,
        )
        expect(end.state === 'fulfilled', `destroy ${inWords(end)}`)
      },
    },
    {
      name: 'destroy-twice',
      expects: 'destroy may be called twice at once: both calls settle',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        await settle([pool.destroy(), pool.destroy()], 'of two calls')
      },
    },
    {
      name: 'natural-exit-idle',
      expects: 'a process whose pool is idle ends by itself',
      needs: ['unref'],
      ends: { code: 0 },
      run: ({ open }) => keepIdle(open({ size: 1 })),
    },
    {
      name: 'natural-exit-busy',
      expects: 'a process does not end before its tasks have',
      ends: { code: 0 },
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        process.exitCode = 9
        const done = async () => {
          await pool.run('wait', 300)
          await pool.run('wait', 1)
          process.exitCode = 0
          await pool.destroy()
        }
        done()
      },
    },
    {
      name: 'exit-after-destroy',
      expects: 'a process ends by itself once its pool is destroyed',
      ends: { code: 0 },
      run: async ({ open }) => {
        const pool = open({ size: 2, min: 2 })
        await fulfils(pool.run('double', 1), 2)
        await pool.destroy()
      },
    },
    ...endings,
    ...owners,
  ],
}
