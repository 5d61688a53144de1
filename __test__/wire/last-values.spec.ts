import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { MultiPool, Pool } from 'workpool'

import { occupy } from '../support/gate.js'
import { threads } from '../support/threads.js'

declare const gc: () => void

/** Whether what `make` has made is collected, although nothing follows. */
async function isFreed(make: () => Promise<WeakRef<object>>): Promise<boolean> {
  const ref = await make()
  for (let i = 0; i < 50; i++) {
    await turn()
    gc()
    if (ref.deref() === undefined) return true
  }
  return false
}

const ENDS: Record<string, () => { ref: WeakRef<object>; closure: () => unknown }> = {
  'a result': () => {
    const value = { big: 1 }
    let given: object | undefined = value
    const closure = () => [given, (given = undefined)][0]
    return { ref: new WeakRef(value), closure }
  },
  'a result that is waited for': () => {
    const value = { big: 1 }
    let given: object | undefined = value
    const closure = async () => {
      await turn()
      return [given, (given = undefined)][0]
    }
    return { ref: new WeakRef(value), closure }
  },
  'an error': () => {
    let given: Error | undefined = new Error('expected')
    const ref = new WeakRef(given)
    const closure = () => {
      throw [given, (given = undefined)][0]
    }
    return { ref, closure }
  },
}

const WAYS: Record<string, (closure: () => unknown) => Promise<unknown>> = {
  submit: (closure) => Pool.create({ size: 1 }).submit(closure),
  'submit with options': (closure) => Pool.create({ size: 1 }).submit(closure, { timeout: 10_000 }),
  'submit with a panicHandler': (closure) => Pool.create({ size: 1, panicHandler: () => {} }).submit(closure),
  'submit of what waits': async (closure) => {
    const pool = Pool.create({ size: 1 })
    const { finish } = occupy(pool, 1)
    const tasks = [pool.submit(closure), pool.submit(closure, { priority: 2 })]
    await finish()
    await Promise.allSettled(tasks)
    await tasks[0]
  },
  'submit to several': (closure) => MultiPool.create({ size: 1, pools: 2 }).submit(closure),
  map: async (closure) => {
    const results = Pool.create({ size: 1 }).map([1], closure)
    await results.next()
    // Whoever keeps the iterator keeps no results.
    ;(globalThis as { kept?: unknown }).kept = results
  },
}

for (const [what, make] of Object.entries(ENDS)) {
  for (const [way, call] of Object.entries(WAYS)) {
    test.serial(`${what} is not kept after its task: ${way}`, async (t) => {
      const made = async () => {
        const { ref, closure } = make()
        await call(closure).then(
          () => {},
          () => {},
        )
        return ref
      }
      t.true(await isFreed(made))
    })
  }
}

test.serial('arguments, results and errors of threads are not kept, neither here nor there', async (t) => {
  const pool = threads(t, { size: 1 })
  for (const name of ['holdWeakly', 'failWeakly']) {
    for (const extra of [{}, { map: new Map() }]) {
      const made: WeakRef<object>[] = []
      const run = async () => {
        const argument = { value: 1, ...extra }
        made.push(new WeakRef(argument))
        try {
          made.push(new WeakRef((await pool.run(argument, { name })) as object))
        } catch (error) {
          made.push(new WeakRef(error as object))
        }
      }
      await run()
      t.is(await pool.tasks.countHeld!(), 0, name)
      await run()
      for (const ref of made.slice(2)) t.true(await isFreed(async () => ref), name)
    }
  }
})

test.serial('a signal, its reason and a context are not kept after their task', async (t) => {
  const pool = Pool.create({ size: 1 })
  const made = async () => {
    const controller = new AbortController()
    const reason = new Error('stop')
    const task = pool.submit((context) => new Promise((resolve) => context.signal.addEventListener('abort', resolve)), {
      signal: controller.signal,
    })
    controller.abort(reason)
    await task.catch(() => {})
    return new WeakRef(reason)
  }
  t.true(await isFreed(made))
})
