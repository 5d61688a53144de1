import { delay, expect, outcomesOf, tally, until } from '../expect.mjs'

/** @param {import('../adapters/threads/fixture.mjs').Threads} pool @param {number} count @param {string} task @param {number} ms */
async function threadsOf(pool, count, task, ms) {
  const outcomes = await outcomesOf(Array.from({ length: count }, () => pool.run(task, ms)))
  expect(
    outcomes.every(({ state }) => state === 'fulfilled'),
    tally(outcomes),
  )
  return new Set(outcomes.map((outcome) => /** @type {{ value: number }} */ (outcome).value))
}

/** Three tasks that wait for each other. @param {import('../adapters/threads/fixture.mjs').Threads} pool */
async function expectThreeAtATime(pool) {
  const meeting = { cells: new Int32Array(new SharedArrayBuffer(4)), parties: 3, patienceMs: 2_000 }
  const outcomes = await outcomesOf(
    Array.from({ length: 3 }, () => pool.run('meet', meeting)),
    5_000,
  )
  const met = outcomes.map((outcome) =>
    outcome.state === 'fulfilled' ? /** @type {[number, boolean]} */ (outcome.value) : [0, false],
  )
  const threads = new Set(met.map(([thread]) => thread)).size
  expect(
    threads === 3 && met.every(([, all]) => all),
    `3 tasks that wait for each other ran in ${threads} threads, ${tally(outcomes)}, and did not meet`,
  )
}

/** @type {import('../lists.mjs').Group} */
export const sizing = {
  name: 'sizing',
  tests: [
    {
      name: 'grow',
      expects: 'tasks one after the other need one thread; three at a time have three',
      run: async ({ open }) => {
        const pool = open({ size: 3, min: 1 })
        for (let i = 0; i < 5; i++) await threadsOf(pool, 1, 'wait', 1)
        expect(pool.threads() === 1, `${pool.threads()} threads after 5 tasks one by one`)
        await expectThreeAtATime(pool)
      },
    },
    {
      name: 'cold-burst',
      expects: 'three tasks given to a pool that was just made run at the same time',
      run: ({ open }) => expectThreeAtATime(open({ size: 3, min: 1 })),
    },
    {
      name: 'limit',
      expects: 'thirty tasks at once never use more than three threads',
      run: async ({ open }) => {
        const pool = open({ size: 3, min: 1 })
        let most = 0
        const timer = setInterval(() => (most = Math.max(most, pool.threads())), 1)
        const used = await threadsOf(pool, 30, 'wait', 10)
        clearInterval(timer)
        expect(used.size <= 3 && most <= 3, `${used.size} threads were used, ${most} lived at a time`)
      },
    },
    {
      name: 'one-task-per-thread',
      expects: 'a thread runs one task at a time unless told otherwise',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await threadsOf(pool, 1, 'wait', 1)
        const start = performance.now()
        await threadsOf(pool, 3, 'wait', 100)
        const took = performance.now() - start
        expect(took >= 290, `3 tasks of 100 ms on one thread took ${took.toFixed(0)} ms`)
      },
    },
    {
      name: 'shrink',
      expects: 'threads above the minimum end when they were idle for as long as it says',
      needs: ['shrink'],
      run: async ({ open }) => {
        const pool = open({ size: 3, min: 1, idleMs: 100 })
        await expectThreeAtATime(pool)
        await until(
          () => pool.threads() === 1,
          () => `${pool.threads()} threads are left`,
        )
      },
    },
    {
      name: 'min-kept',
      expects: 'the minimum stays, however long it is idle, and so does what it remembers',
      run: async ({ open }) => {
        const pool = open({ size: 2, min: 1, idleMs: 100 })
        const [before] = await threadsOf(pool, 1, 'wait', 1)
        await delay(700)
        const [after] = await threadsOf(pool, 1, 'wait', 1)
        expect(before === after, `thread ${before} was replaced by thread ${after}`)
      },
    },
  ],
}
