import { expect, fulfils, inWords, outcomeOf, show } from '../expect.mjs'

/** @param {unknown} results @param {number} tasks */
function expectDoubled(results, tasks) {
  const wrong = /** @type {unknown[]} */ (results).findIndex((value, i) => value !== 2 * i)
  expect(
    wrong === -1 && /** @type {unknown[]} */ (results).length === tasks,
    `result ${wrong} is ${show(/** @type {any} */ (results)[wrong])}`,
  )
}

/** @type {import('../lists.mjs').Group} */
export const many = {
  name: 'many',
  tests: [
    {
      name: 'burst-of-10000',
      expects: '10,000 tiny tasks given at once to two threads all give their own result, without a stack overflow',
      deadline: 20_000,
      run: async ({ open }) => {
        const pool = open({ size: 2, min: 2 })
        const outcome = await outcomeOf(
          Promise.all(Array.from({ length: 10_000 }, (_, i) => pool.run('double', i))),
          15_000,
        )
        expect(outcome.state === 'fulfilled', inWords(outcome))
        expectDoubled(/** @type {{ value: unknown }} */ (outcome).value, 10_000)
      },
    },
    {
      name: 'lanes-of-10000',
      expects: '10,000 tiny tasks, 16 at a time, all give their own result',
      deadline: 20_000,
      run: async ({ open }) => {
        const pool = open({ size: 2, min: 2 })
        const results = Array.from({ length: 10_000 }, () => undefined)
        let next = 0
        const lane = async () => {
          while (next < results.length) {
            const i = next++
            results[i] = await pool.run('double', i)
          }
        }
        const outcome = await outcomeOf(Promise.all(Array.from({ length: 16 }, lane)), 15_000)
        expect(outcome.state === 'fulfilled', inWords(outcome))
        expectDoubled(results, 10_000)
      },
    },
    {
      name: 'four-pools',
      expects: 'four pools in one process do not disturb each other',
      run: async ({ open }) => {
        const pools = Array.from({ length: 4 }, () => open({ size: 1 }))
        await Promise.all(pools.map((pool, i) => fulfils(pool.run('double', i), 2 * i)))
        await Promise.all(/** @type {any[]} */ (pools).slice(1).map((pool) => pool.destroy()))
        await fulfils(/** @type {any} */ (pools[0]).run('double', 5), 10, 'a task of the pool that is left')
      },
    },
  ],
}
