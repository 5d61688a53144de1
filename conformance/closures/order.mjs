import { expectSame, settle } from '../expect.mjs'
import { gate, turns } from './gate.mjs'

const CLOSURES = Array.from({ length: 30 }, (_, i) => i)

/**
 * The order in which closures start that wait for one slot.
 *
 * @param {import('../adapters/closures/workpool.mjs').Closures} pool
 * @param {(i: number) => import('../adapters/closures/workpool.mjs').RunOptions | undefined} [options]
 */
async function orderOf(pool, options = () => undefined) {
  const first = gate()
  pool.run(first.closure)
  await turns()
  /** @type {number[]} */
  const order = []
  const added = CLOSURES.map((i) => pool.run(async () => order.push(i), options(i)))
  await first.letOneGo()
  await settle(added, 'the closures')
  return order
}

/** @type {import('../lists.mjs').Group} */
export const order = {
  name: 'closure-order',
  tests: [
    {
      name: 'fifo',
      expects: 'waiting closures start in the order they came',
      run: async ({ open }) => expectSame(await orderOf(open({ size: 1 })), CLOSURES, 'the order was'),
    },
    {
      name: 'newcomers-wait',
      expects: 'a newcomer does not pass those that wait when a slot becomes free',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        /** @type {string[]} */
        const order = []
        const first = pool.run(async () => order.push('first')).then(() => pool.run(async () => order.push('newcomer')))
        await settle(
          [first, pool.run(async () => order.push('second')), pool.run(async () => order.push('third'))],
          'the closures',
        )
        expectSame(order, ['first', 'second', 'third', 'newcomer'], 'the order was')
      },
    },
    {
      name: 'priority',
      expects: 'waiting closures start by priority, in order within one',
      needs: ['priority'],
      run: async ({ open }) => {
        const words = /** @type {const} */ (['low', 'normal', 'high'])
        const expected = [2, 1, 0].flatMap((rest) => CLOSURES.filter((i) => i % 3 === rest))
        expectSame(await orderOf(open({ size: 1 }), (i) => ({ priority: words[i % 3] })), expected, 'the order was')
      },
    },
  ],
}
