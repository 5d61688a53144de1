// `map` and `vacancy` have a turn in the queue like a submit, whatever rules of scheduling the pool has (design/scheduling.md).
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { type MapOptions, Pool, type PoolOptions, PoolOverloadError, type SubmitOptions } from 'workpool'

import { crowd, inTime } from '../support/crowd.js'

const items = Array.from({ length: 20 }, (_, index) => index)

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}

const rules: [title: string, options: PoolOptions, others?: SubmitOptions, own?: MapOptions][] = [
  ['a limit for keys, which the map has not got', { perKey: 2 }, { key: 'a' }],
  ['a limit for keys, and a key of its own', { perKey: 2 }, { key: 'a' }, { key: 'b' }],
  ['the same key as all others', { perKey: 2 }, { key: 'a' }, { key: 'a' }],
  ['a rate', { rate: { limit: 20, interval: 5 } }],
  ['ageing', { ageing: 5 }, { priority: 'high' }, { priority: 'low' }],
  ['a shed queue', { shed: { target: 2, interval: 5 } }],
  ['a queue from which the oldest give way', { overload: 'discard-oldest', maxBlockingTasks: 2 }],
  ['a heavy map', {}, {}, { weight: 2 }],
  ['heavy others', {}, { weight: 2 }],
  [
    'several of them',
    {
      perKey: 2,
      maxBlockingPerKey: 50,
      rate: { limit: 50, interval: 5 },
      shed: { target: 5, interval: 20 },
      maxBlockingTasks: 50,
    },
    { key: 'a' },
    { key: 'b', weight: 2 },
  ],
]

for (const [title, options, others, own] of rules) {
  test(`a map gets on, and a vacancy comes, beside callers that loop submit: ${title}`, async (t) => {
    const pool = Pool.create({ size: 2, ...options })
    const callers = crowd(4, async () => {
      try {
        await pool.submit(() => turn(), others)
      } catch (error) {
        if (!(error instanceof PoolOverloadError)) throw error
        await turn()
      }
    })
    const mapped = collect(pool.map(items, async (item) => (await turn(), item), own))
    const asking = (async () => {
      for (let i = 0; i < 10; i++) await pool.vacancy()
    })()
    t.deepEqual(await inTime(mapped), items)
    await inTime(asking)
    const { submitted } = callers
    t.true(submitted > items.length, 'the others have gone on')
    await callers.stop()
    await pool.close()
  })
}
