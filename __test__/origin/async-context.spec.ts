import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool } from 'workpool'

import { child } from '../support/child.js'
import { gate, occupy } from '../support/gate.js'
import { rejection, until } from '../support/until.js'

const storage = new AsyncLocalStorage<string>()

test('a closure that starts at once runs in the context of its submit', async (t) => {
  const pool = Pool.create({ size: 1 })
  const seen = await storage.run('request', () =>
    pool.submit(async () => {
      const before = storage.getStore()
      await turn()
      return [before, storage.getStore()]
    }),
  )
  t.deepEqual(seen, ['request', 'request'])
})

test('closures that waited run each in the context of its own submit', async (t) => {
  const pool = Pool.create({ size: 2 })
  const { finish } = storage.run('blockers', () => occupy(pool, 2))
  const names = Array.from({ length: 50 }, (_, i) => `request ${i}`)
  const tasks = names.map((name, i) =>
    storage.run(name, () =>
      pool.submit(async () => {
        const before = storage.getStore()
        if (i % 2 === 0) await turn()
        return [before, storage.getStore()]
      }),
    ),
  )
  await storage.run('finisher', finish)
  t.deepEqual(
    await Promise.all(tasks),
    names.map((name) => [name, name]),
  )
})

test('closures that waited and end synchronously run each in the context of its own submit', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const tasks = ['a', 'b', undefined, 'c'].map((name) =>
    name === undefined
      ? storage.exit(() => pool.submit(() => storage.getStore()))
      : storage.run(name, () => pool.submit(() => storage.getStore())),
  )
  await storage.run('finisher', finish)
  t.deepEqual(await Promise.all(tasks), ['a', 'b', undefined, 'c'])
})

test('a closure started by tune, by an expired deadline of another or by a boot runs in the context of its submit', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const tuned = storage.run('tuned', () => pool.submit(() => storage.getStore()))
  storage.run('tuner', () => pool.tune(2))
  t.is(await tuned, 'tuned')
  await finish()

  const opened = gate<string>()
  const slow = Pool.create({ size: 1, init: () => opened.promise })
  const booted = storage.run('booted', () => slow.submit(() => storage.getStore()))
  await storage.run('opener', async () => opened.open('resource'))
  t.is(await booted, 'booted')
})

test('several storages travel together', async (t) => {
  const other = new AsyncLocalStorage<number>()
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const task = storage.run('request', () =>
    other.run(7, () => pool.submit(() => [storage.getStore(), other.getStore()])),
  )
  await finish()
  t.deepEqual(await task, ['request', 7])
})

test('what runs after the closures keeps its own context: a submit does not leak theirs', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { gates, tasks } = storage.run('first', () => occupy(pool, 1))
  const waiting = storage.run('waiting', () => pool.submit(() => storage.enterWith('entered by the closure')))
  await storage.run('outer', async () => {
    gates[0]!.open()
    await tasks[0]
    await waiting
    t.is(storage.getStore(), 'outer')
    await pool.submit(() => 0)
    t.is(storage.getStore(), 'outer')
  })
})

test('execute runs its closure in the context of the call', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const seen: unknown[] = []
  storage.run('executed', () => pool.execute(() => void seen.push(storage.getStore())))
  storage.run('tried', () => pool.tryExecute(() => void seen.push(storage.getStore())))
  await finish()
  await pool.drain()
  t.deepEqual(seen, ['executed', 'tried'])
})

test('abort listeners and continuations of a task run in the context of its submitter', async (t) => {
  const pool = Pool.create({ size: 1 })
  const end = gate()
  const continued = await storage.run('submitter', async () => {
    const error = await rejection(pool.submit(() => end.promise, { timeout: 5 }))
    return [storage.getStore(), error.code]
  })
  t.deepEqual(continued, ['submitter', 'ERR_POOL_TASK_TIMEOUT'])
  end.open()
  await until(() => pool.busy === 0, 'the closure ends')
})

test('init and dispose run in the context of create, whoever causes them', async (t) => {
  const asynchronously = <T>(value: T) => turn(value)
  const synchronously = <T>(value: T) => value
  for (const wrap of [asynchronously, synchronously]) {
    const seen: unknown[] = []
    const note = async (what: string) => {
      const before = storage.getStore()
      await turn()
      seen.push([what, before, storage.getStore()])
    }
    const pool = storage.run('create', () =>
      Pool.create({
        size: 1,
        expiry: Infinity,
        init: () => (void note('init'), wrap('resource')),
        dispose: () => (void note('dispose'), wrap(undefined)),
        isBroken: () => true,
      }),
    )
    const task = storage.run('first caller', () => pool.submit(() => storage.getStore()))
    t.is(await task, 'first caller', 'tasks run in their own')
    await storage.run('second caller', () => rejection(pool.submit(() => Promise.reject(new Error('lost')))))
    t.is(
      await storage.run('third caller', () => pool.submit(async () => (await turn(), storage.getStore()))),
      'third caller',
    )
    await storage.run('closer', () => pool.close())
    await turn()
    const inCreate = (what: string) => [what, 'create', 'create']
    t.deepEqual(seen, ['init', 'dispose', 'init', 'dispose'].map(inCreate))
  }
})

test('in a pool that was made outside all contexts init runs outside them', async (t) => {
  const seen: unknown[] = []
  const pool = Pool.create({
    size: 1,
    init: async () => seen.push(storage.getStore()),
    dispose: () => seen.push(storage.getStore()),
  })
  await storage.run('first caller', () => pool.submit(() => 0))
  await storage.run('closer', () => pool.close())
  t.deepEqual(seen, [undefined, undefined])
})

test('a resource does not hold the store of the task for which it was made', async (t) => {
  const stores = new AsyncLocalStorage<object>()
  const opened: { close(): void }[] = []
  const init = () => {
    // As a socket does, it keeps the context in which it was made.
    const timer = setInterval(() => {}, 60_000)
    opened.push({ close: () => clearInterval(timer) })
    return turn(0)
  }
  const pool = Pool.create({ size: 1, expiry: Infinity, init })
  let store: WeakRef<object>
  await (() => {
    const held = { request: 1 }
    store = new WeakRef(held)
    return stores.run(held, () => pool.submit(() => 0))
  })()
  for (let i = 0; i < 50 && store!.deref() !== undefined; i++) {
    await pool.submit(() => 0)
    await turn()
    globalThis.gc!()
  }
  t.is(store!.deref(), undefined)
  for (const { close } of opened) close()
  t.is(pool.idle, 1)
})

test('closures submitted before the first use of AsyncLocalStorage in the process, and after', async (t) => {
  t.timeout(15_000)
  const { code, stdout, stderr } = await child('first-context')
  t.is(stderr, '')
  t.is(code, 0)
  t.deepEqual(JSON.parse(stdout), [null, null, 'second', 'third', null])
})

test('the async context of a task that waited is destroyed, however the task ends', async (t) => {
  t.timeout(15_000)
  const { code, stdout, stderr } = await child('context-ends')
  t.is(stderr, '')
  t.is(code, 0)
  t.is(stdout, '11 0\n')
})
