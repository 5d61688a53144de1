import { delay, expect, expectSame, inWords, outcomeOf, rejects } from '../expect.mjs'
import { gate, turns } from './gate.mjs'

/** @type {import('../lists.mjs').Group} */
export const time = {
  name: 'closure-timeout',
  tests: [
    {
      name: 'running',
      expects: 'a closure that runs longer than its timeout rejects',
      needs: ['timeout'],
      run: async ({ open }) => {
        await rejects(open({ size: 1 }).run(() => new Promise(() => {}), { timeout: 50 }))
      },
    },
    {
      name: 'in-time',
      expects: 'a closure that ends before its timeout gives its result',
      needs: ['timeout'],
      run: async ({ open }) => {
        const outcome = await outcomeOf(open({ size: 1 }).run(() => delay(10, 'value'), { timeout: 1_000 }))
        expect(outcome.state === 'fulfilled' && outcome.value === 'value', inWords(outcome))
      },
    },
    {
      name: 'from-start',
      expects: 'the timeout counts from the start, not from the call',
      needs: ['timeout'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        pool.run(() => delay(400))
        const outcome = await outcomeOf(pool.run(() => delay(1, 'value'), { timeout: 200 }))
        expect(
          outcome.state === 'fulfilled',
          `a closure of 1 ms, timeout 200 ms, behind one of 400 ms ${inWords(outcome)}`,
        )
      },
    },
    {
      name: 'limit-held',
      expects: 'a closure that was timed out but still runs counts: nothing starts above the limit',
      needs: ['timeout'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const closures = gate()
        const late = pool.run(closures.closure, { timeout: 50 })
        pool.run(closures.closure)
        await rejects(late)
        await turns()
        expectSame(closures.peak(), 1, 'the most at a time were')
      },
    },
    {
      name: 'waiting',
      expects: 'a closure that waits longer than it may rejects and never runs',
      needs: ['wait timeout'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const first = gate()
        pool.run(first.closure)
        let ran = false
        await rejects(pool.run(async () => (ran = true), { waitTimeout: 50 }))
        await first.letOneGo()
        expect(!ran, 'it ran')
      },
    },
  ],
}
