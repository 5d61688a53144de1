// Numbers that count for as long as a process lives begin again before they do not fit any more.
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'

import { watchNumbers } from '../../src/native/isolate.js'
import { Numbering } from '../../src/base/numbering.js'
import { Pool } from '../../src/pool/pool.js'
import { SERIALS, countOf, nextCount, serialOf, tokenOf } from '../../src/threads/messages.js'
import { gate, occupy } from '../support/gate.js'
import { within } from '../support/until.js'

/** The last watch that has a token of its own before tokens begin again. */
const LAST = 2 ** 30 - 1

test.beforeEach(() => {
  // As after 30 hours of `await pool.vacancy()` at 10,000 a second.
  watchNumbers.last = LAST - 2
})

const waits: Record<string, (pool: Pool<void>) => Promise<unknown>> = {
  vacancy: (pool) => pool.vacancy(),
  drain: (pool) => pool.drain(),
  map: async (pool) => {
    const results: number[] = []
    // Beside it others, so that it has to wait for its vacancies.
    for (let i = 0; i < 4; i++) pool.execute(() => turn())
    for await (const result of pool.map([1, 2, 3, 4, 5, 6], async (item) => item)) results.push(result)
    return results
  },
  close: async (pool) => {
    await pool.close()
    pool.reboot()
  },
  'a close that times out': async (pool) => {
    const end = gate()
    const task = pool.submit(() => end.promise)
    await pool.close({ timeout: 1 }).catch((error: { code: string }) => {
      if (error.code !== 'ERR_POOL_RELEASE_TIMEOUT') throw error
    })
    end.open()
    await task
    pool.reboot()
  },
  releaseTimeout: async (pool) => {
    await pool.releaseTimeout(1_000)
    pool.reboot()
  },
}

for (const [what, wait] of Object.entries(waits)) {
  test.serial(`${what} settles also when 2³⁰ watches have been before`, async (t) => {
    const pool = Pool.create({ size: 2 })
    for (let i = 0; i < 8; i++) await within(wait(pool), `${what} settles`)
    t.true(watchNumbers.last < LAST - 2, 'they have begun again')
    await within(pool.close(), 'the pool closes')
  })
}

test.serial('a watch that is open while the numbers begin again keeps its own', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const settled: string[] = []
  const drained = pool.drain().then(() => settled.push('drained'))
  const vacant = pool.vacancy().then(() => settled.push('vacant'))
  const free = Pool.create()
  for (let i = 0; i < 4; i++) {
    // Theirs are the next numbers.
    watchNumbers.last = LAST - 2
    await within(free.vacancy(), 'another one settles')
  }
  t.deepEqual(settled, [])
  await finish()
  await within(Promise.all([drained, vacant]), 'both settle')
  t.deepEqual(settled.toSorted(), ['drained', 'vacant'])
})

test('a numbering begins again below its limit, and gives no number that is in use', (t) => {
  const numbering = new Numbering(5)
  const inUse = new Set([1, 4])
  const numbers = Array.from({ length: 7 }, () => numbering.next((number) => inUse.has(number)))
  t.deepEqual(numbers, [0, 2, 3, 0, 2, 3, 0])
})

test('tokens of values are exact and different, for the last thread and the last value, too', (t) => {
  const tokens = new Set<number>()
  for (const serial of [0, 1, SERIALS - 2, SERIALS - 1]) {
    let count = 2 ** 32 - 2
    for (let i = 0; i < 4; i++) {
      const token = tokenOf(serial, count)
      t.true(Number.isSafeInteger(token))
      t.deepEqual([serialOf(token), countOf(token)], [serial, count])
      tokens.add(token)
      count = nextCount(count)
    }
    t.is(count, 2)
  }
  t.is(tokens.size, 16)
})
