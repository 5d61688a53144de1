import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, expectSame, inWords, outcomeOf } from '../expect.mjs'
import { turns } from './gate.mjs'

const MANY = 100_000

/** @param {readonly Promise<unknown>[]} promises */
async function all(promises) {
  const outcome = await outcomeOf(Promise.all(promises), 7_000)
  expect(outcome.state === 'fulfilled', inWords(outcome))
  return /** @type {{ value: unknown[] }} */ (outcome).value
}

/** @type {import('../lists.mjs').Group} */
export const scale = {
  name: 'closure-scale',
  tests: [
    {
      name: 'hundred-thousand',
      expects: '100,000 asynchronous closures at once all run once and give their own result',
      run: async ({ open }) => {
        const pool = open({ size: 10 })
        let ran = 0
        const results = await all(
          Array.from({ length: MANY }, (_, i) =>
            pool.run(async () => {
              ran++
              return i
            }),
          ),
        )
        expectSame(
          results.findIndex((value, i) => value !== i),
          -1,
          'the first wrong result is that of closure',
        )
        expectSame(ran, MANY, 'closures that ran:')
      },
    },
    {
      name: 'hundred-thousand-sync',
      expects:
        '100,000 closures that end synchronously all run, without a stack overflow, behind one that made them wait',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const first = pool.run(() => new Promise((resolve) => setTimeout(resolve, 20)))
        let ran = 0
        const rest = Array.from({ length: MANY }, () => pool.run(() => ++ran))
        await all([first, ...rest])
        expectSame(ran, MANY, 'closures that ran:')
      },
    },
    {
      name: 'settles-once',
      expects: 'every closure runs exactly once and every promise settles exactly once, whatever way they end',
      run: async ({ open }) => {
        const pool = open({ size: 7 })
        const ran = new Uint8Array(5_000)
        const settled = new Uint8Array(5_000)
        const ends = Array.from(ran, (_, i) => {
          const count = () => settled[i]++
          return pool
            .run(() => {
              ran[i]++
              if (i % 4 === 1) throw new Error('on purpose')
              if (i % 4 === 2) return Promise.reject(new Error('on purpose'))
              return i % 4 === 3 ? new Promise((resolve) => setImmediate(resolve)) : i
            })
            .then(count, count)
        })
        await all(ends)
        await turns()
        expectSame(
          ran.findIndex((times) => times !== 1),
          -1,
          'the first closure that did not run once is',
        )
        expectSame(
          settled.findIndex((times) => times !== 1),
          -1,
          'the first promise that did not settle once is that of',
        )
      },
    },
    {
      name: 'memory-released',
      expects: 'a pool that is idle holds on to no closure and no result',
      run: async ({ open }) => {
        setFlagsFromString('--expose-gc')
        const collect = runInNewContext('gc')
        const pool = open({ size: 3 })
        /** @type {WeakRef<object>[]} */
        const held = []
        const load = async () => {
          await all(
            Array.from({ length: 100 }, () => {
              const captured = { bytes: new Uint8Array(1_000) }
              const result = { result: true }
              held.push(new WeakRef(captured), new WeakRef(result))
              return pool.run(async () => {
                captured.bytes[0] = 1
                return result
              })
            }),
          )
        }
        await load()
        let left = held.length
        for (let i = 0; i < 10 && left > 0; i++) {
          await turns()
          collect()
          left = held.filter((reference) => reference.deref() !== undefined).length
        }
        // One of the last ones may be held by a slot until its next closure.
        expect(left <= 6, `${left} of ${held.length} objects are still held`)
        await pool.run(async () => undefined)
      },
    },
  ],
}
