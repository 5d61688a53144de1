import { setTimeout as delay } from 'node:timers/promises'
import { expect, expectSame, settle } from '../expect.mjs'
import { gate, turns } from './gate.mjs'

/** @param {import('../adapters/closures/workpool.mjs').Closures} pool @param {ReturnType<typeof gate>} closures @param {number} count */
function add(pool, closures, count) {
  return Array.from({ length: count }, () => pool.run(closures.closure))
}

/** @type {import('../lists.mjs').Group} */
export const limit = {
  name: 'closure-limit',
  tests: [
    {
      name: 'held',
      expects: 'of 200 closures of different lengths never more than 3 run at a time, and 3 do',
      run: async ({ open }) => {
        const pool = open({ size: 3 })
        let running = 0
        let peak = 0
        const closure = (/** @type {number} */ i) => async () => {
          peak = Math.max(peak, ++running)
          if (i % 3) await delay(i % 5)
          running--
        }
        await settle(
          Array.from({ length: 200 }, (_, i) => pool.run(closure(i))),
          'the closures',
        )
        expectSame(peak, 3, 'the most at a time were')
      },
    },
    {
      name: 'starts-what-fits',
      expects: 'what fits starts without waiting for anything else, and no more',
      run: async ({ open }) => {
        const closures = gate()
        add(open({ size: 3 }), closures, 5)
        await turns()
        expectSame(closures.started(), 3, 'started:')
      },
    },
    {
      name: 'one-in-for-one-out',
      expects: 'with each closure that ends one more starts',
      run: async ({ open }) => {
        const closures = gate()
        add(open({ size: 2 }), closures, 6)
        await turns()
        for (let ended = 1; ended <= 4; ended++) {
          await closures.letOneGo()
          expectSame([closures.running(), closures.started()], [2, 2 + ended], 'running, started:')
        }
      },
    },
    {
      name: 'added-while-running',
      expects: 'a closure that adds closures does not lift the limit',
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        const closures = gate()
        pool.run(async () => void add(pool, closures, 5))
        await turns()
        await closures.letAllGo()
        expectSame([closures.peak(), closures.started()], [2, 5], 'most at a time, started:')
      },
    },
    {
      name: 'grow',
      expects: 'when the limit grows waiting closures start at once',
      needs: ['resize'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const closures = gate()
        add(pool, closures, 5)
        await turns()
        pool.resize(3)
        await turns()
        expectSame(closures.running(), 3, 'running:')
      },
    },
    {
      name: 'shrink',
      expects: 'when the limit shrinks nothing starts above it',
      needs: ['resize'],
      run: async ({ open }) => {
        const pool = open({ size: 3 })
        const closures = gate()
        add(pool, closures, 8)
        await turns()
        pool.resize(1)
        await closures.letOneGo()
        await closures.letOneGo()
        expectSame(closures.running(), 1, 'running, after 2 of 3 ended:')
        expect(closures.started() === 3, `${closures.started() - 3} closures started above the limit`)
        await closures.letOneGo()
        expectSame([closures.running(), closures.started()], [1, 4], 'running, started after the third one ended:')
      },
    },
  ],
}
