import { expect, expectSame, fulfils, outcomeOf, outcomesOf, rejects, settle, tally } from '../expect.mjs'

const TASKS = Array.from({ length: 12 }, (_, i) => i)

/**
 * Behind a task that keeps the one thread busy, every task notes its number.
 *
 * @param {import('../adapters/threads/fixture.mjs').Threads} pool
 * @param {(number: number) => import('../adapters/threads/fixture.mjs').RunOptions | undefined} [options]
 */
async function orderOf(pool, options = () => undefined) {
  await fulfils(pool.run('double', 1), 2)
  const busy = pool.run('wait', 150)
  const outcomes = await settle(
    [busy, ...TASKS.map((number) => pool.run('append', number, options(number)))],
    'the tasks',
  )
  expect(
    outcomes.every(({ state }) => state === 'fulfilled'),
    tally(outcomes),
  )
  const list = await outcomeOf(pool.run('taken'))
  return /** @type {{ value: number[] }} */ (list).value
}

/** @param {import('../adapters/threads/fixture.mjs').Threads} pool @param {() => import('../adapters/threads/fixture.mjs').RunOptions} options */
async function holdsBound(pool, options) {
  await fulfils(pool.run('double', 1), 2)
  const tasks = Array.from({ length: 20 }, () => pool.run('wait', 300, options()))
  // What is refused is refused at once.
  const early = await outcomesOf(tasks, 150)
  const accepted = early.filter(({ state }) => state !== 'rejected').length
  expect(accepted === 3, `of 20 tasks for 1 thread and 2 that wait, ${accepted} were accepted`)
  await settle(tasks, 'the tasks')
}

/** @type {import('../lists.mjs').Group} */
export const queue = {
  name: 'queue',
  tests: [
    {
      name: 'fifo',
      expects: 'waiting tasks start in the order they came',
      run: async ({ open }) => expectSame(await orderOf(open({ size: 1, strictFifo: true })), TASKS, 'the order was'),
    },
    {
      name: 'fifo-by-default',
      expects: 'waiting tasks start in the order they came, without a setting for it',
      run: async ({ open }) => expectSame(await orderOf(open({ size: 1 })), TASKS, 'the order was'),
    },
    {
      name: 'fifo-with-signals',
      expects: 'a signal does not change the order',
      needs: ['signal'],
      run: async ({ open }) => {
        const { signal } = new AbortController()
        const order = await orderOf(open({ size: 1, strictFifo: true }), (number) =>
          number % 2 ? { signal } : undefined,
        )
        expectSame(order, TASKS, 'the order was')
      },
    },
    {
      name: 'bound',
      expects: 'no more tasks wait than the bound says; the others are refused at once',
      needs: ['bound'],
      run: ({ open }) => holdsBound(open({ size: 1, maxWaiting: 2 }), () => ({})),
    },
    {
      name: 'bound-with-signal',
      expects: 'the bound holds for tasks with a signal',
      needs: ['bound', 'signal'],
      run: ({ open }) => holdsBound(open({ size: 1, maxWaiting: 2 }), () => ({ signal: new AbortController().signal })),
    },
    {
      name: 'usable-after-refusal',
      expects: 'a pool that refused tasks takes new ones once there is room',
      needs: ['bound'],
      run: async ({ open }) => {
        const pool = open({ size: 1, maxWaiting: 1 })
        await fulfils(pool.run('double', 1), 2)
        await settle(
          Array.from({ length: 10 }, () => pool.run('wait', 20)),
          'the tasks',
        )
        await fulfils(pool.run('double', 2), 4)
      },
    },
    {
      name: 'priority',
      expects: 'waiting tasks start by priority, in order within one',
      needs: ['priority'],
      run: async ({ open }) => {
        const words = /** @type {const} */ (['low', 'normal', 'high'])
        const order = await orderOf(open({ size: 1 }), (number) => ({ priority: words[number % 3] }))
        const expected = [2, 1, 0].flatMap((rest) => TASKS.filter((number) => number % 3 === rest))
        expectSame(order, expected, 'the order was')
      },
    },
    {
      name: 'failures-in-between',
      expects: 'tasks that fail do not hold up those behind them',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const bad = Array.from({ length: 5 }, () => pool.run('fail', 'plain'))
        const good = Array.from({ length: 5 }, (_, i) => pool.run('double', i))
        await Promise.all([...bad.map((task) => rejects(task)), ...good.map((task, i) => fulfils(task, 2 * i))])
      },
    },
  ],
}
