import { delay, expect, expectSame, fulfils, outcomeOf, outcomesOf, settle, tally, until } from '../expect.mjs'
import { gate, turns } from '../closures/gate.mjs'

/** bottleneck cannot refill more often. */
const INTERVAL = 250
const LIMIT = 20

/** @type {import('../lists.mjs').Group} */
const rate = {
  name: 'rate',
  tests: [
    {
      name: 'in-every-window',
      expects: 'no more closures start within an interval than the rate says, wherever the interval begins',
      needs: ['rate'],
      run: async ({ open }) => {
        const pool = open({ size: LIMIT, rate: { limit: LIMIT, interval: INTERVAL } })
        /** @type {number[]} */
        const starts = []
        const add = () => pool.run(async () => starts.push(performance.now()))
        // The window of who counts by fixed windows ends soon after the others come.
        const first = add()
        await delay(INTERVAL * 0.7)
        await settle([first, ...Array.from({ length: 2 * LIMIT }, add)], 'the closures')
        const shortest = Math.min(...starts.slice(LIMIT).map((at, i) => at - Number(starts[i])))
        // A call may be late by some milliseconds, and the next one in time.
        expect(shortest > INTERVAL / 2, `${LIMIT + 1} closures started within ${shortest.toFixed(0)} ms`)
      },
    },
    {
      name: 'reached',
      expects: 'as many closures start as the rate allows',
      needs: ['rate'],
      run: async ({ open }) => {
        const pool = open({ size: LIMIT, rate: { limit: LIMIT, interval: INTERVAL } })
        let started = 0
        for (let i = 0; i < 10 * LIMIT; i++) pool.run(async () => started++)
        await until(
          () => started >= 4 * LIMIT,
          () => `${started} had started after 2.5 s, in which ${10 * LIMIT} may`,
        )
      },
    },
  ],
}

/** @type {import('../lists.mjs').Group} */
const weights = {
  name: 'weights',
  tests: [
    {
      name: 'held',
      expects: 'closures of different weights never take more slots than there are',
      needs: ['weight'],
      run: async ({ open }) => {
        const pool = open({ size: 5 })
        let taken = 0
        let most = 0
        const closure = (/** @type {number} */ weight) => async () => {
          most = Math.max(most, (taken += weight))
          await delay(weight)
          taken -= weight
        }
        const weights = Array.from({ length: 100 }, (_, i) => 1 + (i % 5))
        await settle(
          weights.map((weight) => pool.run(closure(weight), { weight })),
          'the closures',
        )
        expectSame(most, 5, 'the most slots taken at a time were')
      },
    },
    {
      name: 'heavy-not-starved',
      expects: 'a heavy closure is not passed by light ones that come later',
      needs: ['weight'],
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        const closures = gate()
        /** @type {string[]} */
        const order = []
        pool.run(closures.closure)
        pool.run(closures.closure)
        await until(
          () => closures.running() === 2,
          () => `${closures.running()} of 2 run`,
        )
        const heavy = pool.run(async () => order.push('heavy'), { weight: 2 })
        const light = Array.from({ length: 3 }, () => pool.run(async () => order.push('light')))
        await closures.letOneGo()
        await delay(50)
        await closures.letOneGo()
        await settle([heavy, ...light], 'the closures')
        expectSame(order[0], 'heavy', 'the first was a')
      },
    },
  ],
}

/** @type {import('../lists.mjs').Group} */
const keys = {
  name: 'keys',
  tests: [
    {
      name: 'limit',
      expects: 'of one key no more closures run than its limit says, and those of other keys pass the ones that wait',
      needs: ['keys'],
      run: async ({ open }) => {
        const pool = open({ size: 10, perKey: 2 })
        const busy = gate()
        const quiet = gate()
        for (let i = 0; i < 6; i++) pool.run(busy.closure, { key: 'busy' })
        pool.run(quiet.closure, { key: 'quiet' })
        await until(
          () => quiet.running() === 1,
          () => 'the closure of another key did not start',
        )
        await delay(50)
        expectSame(busy.peak(), 2, 'the most of one key at a time were')
      },
    },
    {
      name: 'fair',
      expects: 'a key with many waiting closures does not delay the first one of another key by all of them',
      needs: ['keys'],
      run: async ({ open }) => {
        const pool = open({ size: 2, perKey: 2 })
        /** @type {string[]} */
        const order = []
        const add = (/** @type {string} */ key) => pool.run(async () => order.push(key), { key })
        const busy = Array.from({ length: 20 }, () => add('busy'))
        await settle([...busy, add('quiet')], 'the closures')
        expect(order.indexOf('quiet') <= 4, `${order.indexOf('quiet')} of 20 of the busy key were first`)
      },
    },
  ],
}

/** @type {import('../lists.mjs').Group} */
const queue = {
  name: 'queue',
  tests: [
    {
      name: 'displace',
      expects: 'a full queue that is told so gives up what has waited longest for a newcomer',
      needs: ['displace'],
      run: async ({ open }) => {
        const pool = open({ size: 1, maxWaiting: 2, whenFull: 'displace' })
        const first = gate()
        pool.run(first.closure)
        await until(
          () => first.running() === 1,
          () => 'the first did not start',
        )
        const waiting = Array.from({ length: 4 }, (_, i) => pool.run(async () => i))
        const given = outcomesOf(waiting.slice(0, 2), 500)
        expectSame(
          (await given).map(({ state }) => state),
          ['rejected', 'rejected'],
          'the two that had waited longest were',
        )
        await first.letOneGo()
        await fulfils(Promise.all(waiting.slice(2)), [2, 3], 'the newer ones')
      },
    },
    {
      name: 'pause',
      expects: 'while it is paused nothing starts, and what runs goes on; then all that waits starts',
      needs: ['pause'],
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        const running = gate()
        const held = pool.run(running.closure)
        await turns()
        pool.pause()
        const later = Array.from({ length: 3 }, (_, i) => pool.run(async () => i))
        await running.letOneGo()
        await fulfils(held, undefined, 'what ran')
        const early = await outcomeOf(Promise.race(later), 50)
        expect(early.state === 'pending', 'one started while it was paused')
        pool.resume()
        const outcomes = await outcomesOf(later)
        expect(
          outcomes.every(({ state }) => state === 'fulfilled'),
          `of those that waited ${tally(outcomes)}`,
        )
      },
    },
    {
      name: 'clear-goes-on',
      expects: 'after what waits has been given up, the pool takes and runs closures as before',
      needs: ['clear'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const closures = gate()
        pool.run(closures.closure)
        const outcomes = outcomesOf(Array.from({ length: 3 }, () => pool.run(closures.closure)))
        await turns()
        pool.clear()
        const given = await outcomes
        expect(
          given.every(({ state }) => state === 'rejected'),
          `of 3 that waited ${tally(given)}`,
        )
        const next = pool.run(async () => 1)
        await closures.letAllGo()
        await fulfils(next, 1, 'the next closure')
      },
    },
  ],
}

export const schedulingGroups = [rate, weights, keys, queue]
