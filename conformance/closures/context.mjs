import { AsyncLocalStorage } from 'node:async_hooks'
import { expectSame, outcomesOf } from '../expect.mjs'

const NAMES = Array.from({ length: 3 }, (_, i) => `request ${i}`)

/** What each of some closures, added in contexts of their own, finds there. @param {import('../adapters/closures/workpool.mjs').Closures} pool */
async function storesOf(pool) {
  const storage = new AsyncLocalStorage()
  const closures = NAMES.map((name) =>
    storage.run(name, () =>
      pool.run(async () => {
        const before = storage.getStore()
        await new Promise((resolve) => setImmediate(resolve))
        return [before, storage.getStore()]
      }),
    ),
  )
  const outcomes = await outcomesOf(closures)
  return outcomes.map((outcome) => (outcome.state === 'fulfilled' ? outcome.value : outcome.state))
}

/** @type {import('../lists.mjs').Group} */
export const context = {
  name: 'closure-context',
  tests: [
    {
      name: 'running',
      expects: 'a closure that starts at once has the AsyncLocalStorage context of its caller',
      run: async ({ open }) =>
        expectSame(
          await storesOf(open({ size: 3 })),
          NAMES.map((name) => [name, name]),
          'the stores are',
        ),
    },
    {
      name: 'waiting',
      expects: 'a closure that waited has the AsyncLocalStorage context of its caller, not of whoever made room for it',
      run: async ({ open }) =>
        expectSame(
          await storesOf(open({ size: 1 })),
          NAMES.map((name) => [name, name]),
          'the stores are',
        ),
    },
    {
      name: 'caller',
      expects: 'the caller has its own context again when the closure is done',
      run: async ({ open }) => {
        const storage = new AsyncLocalStorage()
        const pool = open({ size: 1 })
        const callers = NAMES.map((name) =>
          storage.run(name, async () => {
            await pool.run(async () => undefined)
            return storage.getStore()
          }),
        )
        const outcomes = await outcomesOf(callers)
        expectSame(
          outcomes.map((outcome) => (outcome.state === 'fulfilled' ? outcome.value : outcome.state)),
          NAMES,
          'the stores are',
        )
      },
    },
  ],
}
