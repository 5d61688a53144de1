import { expect, fulfils, inWords, outcomeOf, outcomesOf, rejects, tally } from '../expect.mjs'
import { gate, turns } from './gate.mjs'

/** @type {import('../lists.mjs').Group} */
export const life = {
  name: 'closure-life',
  tests: [
    {
      name: 'idle',
      expects: 'one can wait until nothing waits and nothing runs: not sooner, and again and again',
      needs: ['idle'],
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        for (let round = 1; round <= 2; round++) {
          const closures = gate()
          for (let i = 0; i < 5; i++) pool.run(closures.closure)
          await turns()
          const idle = pool.idle().then(() => 'idle')
          const early = await outcomeOf(idle, 50)
          expect(early.state === 'pending', `round ${round}: idle while 2 run and 3 wait`)
          await closures.letAllGo()
          await fulfils(idle, 'idle', `round ${round}: the wait for idle`)
        }
      },
    },
    {
      name: 'idle-at-once',
      expects: 'waiting for idle ends at once where nothing waits and nothing runs',
      needs: ['idle'],
      run: ({ open }) =>
        fulfils(
          open({ size: 2 })
            .idle()
            .then(() => 'idle'),
          'idle',
          'the wait for idle',
        ),
    },
    {
      name: 'idle-after-failures',
      expects: 'failures do not fail the wait for idle, and count as done',
      needs: ['idle'],
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        for (let i = 0; i < 5; i++) pool.run(async () => Promise.reject(new Error('on purpose'))).catch(() => {})
        await fulfils(
          pool.idle().then(() => 'idle'),
          'idle',
          'the wait for idle',
        )
      },
    },
    {
      name: 'clear-settles',
      expects: 'giving up what waits rejects it; what runs goes on',
      needs: ['clear'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const closures = gate()
        const running = pool.run(closures.closure)
        const waiting = Array.from({ length: 5 }, () => pool.run(closures.closure))
        const outcomes = outcomesOf(waiting)
        await turns()
        pool.clear()
        const given = await outcomes
        expect(
          given.every(({ state }) => state === 'rejected'),
          `of 5 that waited ${tally(given)}`,
        )
        await closures.letAllGo()
        await fulfils(running, undefined, 'the running one')
        expect(closures.started() === 1, `${closures.started() - 1} of those that waited ran`)
      },
    },
    {
      name: 'close-runs-accepted',
      expects: 'closing runs all that was accepted, and resolves then',
      needs: ['close'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const closures = gate()
        const accepted = outcomesOf(Array.from({ length: 5 }, () => pool.run(closures.closure)))
        const closed = pool.close()
        expect((await outcomeOf(closed, 50)).state === 'pending', 'it was closed while closures ran')
        await closures.letAllGo()
        const outcomes = await accepted
        expect(
          outcomes.every(({ state }) => state === 'fulfilled'),
          `of 5 that were accepted ${tally(outcomes)}`,
        )
        const end = await outcomeOf(closed)
        expect(end.state === 'fulfilled', `close ${inWords(end)}`)
      },
    },
    {
      name: 'closed-rejects',
      expects: 'a closed pool rejects',
      needs: ['close'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await pool.close()
        await rejects(pool.run(async () => 1))
      },
    },
    {
      name: 'process-ends',
      expects: 'a process ends by itself while a pool is idle',
      ends: { code: 0 },
      run: async ({ open }) => {
        await fulfils(
          open({ size: 2 }).run(async () => 1),
          1,
        )
      },
    },
  ],
}
