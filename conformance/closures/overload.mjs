import { expect, expectSame, fulfils, outcomeOf, outcomesOf } from '../expect.mjs'
import { gate, turns } from './gate.mjs'

/** @param {import('../adapters/closures/workpool.mjs').Closures} pool @param {() => import('../adapters/closures/workpool.mjs').RunOptions} options */
async function holdsBound(pool, options) {
  const closures = gate()
  const added = Array.from({ length: 20 }, () => pool.run(closures.closure, options()))
  const outcomes = await outcomesOf(added, 100)
  const refused = outcomes.filter(({ state }) => state === 'rejected').length
  expectSame(refused, 15, 'of 20 closures for 2 slots and 3 that wait, refused at once:')
  await closures.letAllGo()
  await fulfils(
    pool.run(async () => 1),
    1,
    'the next closure',
  )
}

/** @type {import('../lists.mjs').Group} */
export const overload = {
  name: 'closure-overload',
  tests: [
    {
      name: 'bound',
      expects:
        'no more closures wait than the bound says; the others are refused at once, and there is room again later',
      needs: ['bound'],
      run: ({ open }) => holdsBound(open({ size: 2, maxWaiting: 3 }), () => ({})),
    },
    {
      name: 'bound-with-signal',
      expects: 'the bound holds for closures with a signal',
      needs: ['bound'],
      run: ({ open }) => holdsBound(open({ size: 2, maxWaiting: 3 }), () => ({ signal: new AbortController().signal })),
    },
    {
      name: 'room',
      expects: 'a producer can wait for room before it adds: while the pool is full it does wait, then it goes on',
      needs: ['room'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const closures = gate()
        for (let i = 0; i < 3; i++) pool.run(closures.closure)
        await turns()
        const room = pool.room()
        expect((await outcomeOf(room, 50)).state === 'pending', 'it did not wait')
        await closures.letAllGo()
        await fulfils(
          room.then(() => 'room'),
          'room',
          'the wait for room',
        )
      },
    },
  ],
}
