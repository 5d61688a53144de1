// How resources are looked after: validated, and worn out.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { MultiPool, Pool, PoolOverloadError, ThreadPool } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { child } from '../support/child.js'
import { type Connection, connections, idOf } from '../support/connections.js'
import { gate, type Gate } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { rejection, until } from '../support/until.js'

// ── validate ────────────────────────────────────────────────────────────────────────────────────────────────────────

for (const [how, validate] of Object.entries({
  'a boolean': ({ isAlive }: Connection): boolean => isAlive,
  'a promise': async ({ isAlive }: Connection): Promise<boolean> => (await turn(), isAlive),
  'a throw': ({ isAlive }: Connection): boolean => {
    if (!isAlive) throw new Error('gone')
    return true
  },
  'a rejection': async ({ isAlive }: Connection): Promise<boolean> => {
    await turn()
    if (!isAlive) throw new Error('gone')
    return true
  },
})) {
  test(`validate says by ${how} that an idle resource can be used, or not; then the task gets another`, async (t) => {
    const { options, opened, closed } = connections()
    const logger = new Recorder()
    const pool = Pool.create({ size: 1, validate, logger, ...options })
    t.is(await pool.submit(idOf), 0)
    t.is(await pool.submit(idOf), 0)
    opened[0]!.isAlive = false
    t.is(await pool.submit(idOf), 1)
    t.deepEqual(closed, [0])
    t.is(opened.length, 2)
    t.deepEqual(logger.complaints, [])
    const { completed, failed, workers } = pool.stats()
    t.deepEqual({ completed, failed, retired: workers.retired }, { completed: 3, failed: 0, retired: 1 })
    await pool.close()
  })
}

test('a worker that goes from one task to the next is not validated', async (t) => {
  let asked = 0
  const pool = Pool.create({ size: 1, ...connections().options, validate: () => (asked++, true) })
  await Promise.all([1, 2, 3].map(() => pool.submit(idOf)))
  t.is(asked, 0)
  await pool.submit(idOf)
  t.is(asked, 1)
})

test('while it is validated the worker counts as starting, and the task waits', async (t) => {
  const asked: Gate<boolean>[] = []
  const validate = () => {
    asked.push(gate<boolean>())
    return asked.at(-1)!.promise
  }
  const pool = Pool.create({ size: 1, nonblocking: true, ...connections().options, validate })
  await pool.submit(idOf)
  const task = pool.submit(idOf, { waitTimeout: 0 })
  t.deepEqual([pool.running, pool.busy, pool.waiting], [1, 1, 1])
  t.true((await rejection(pool.submit(idOf))) instanceof PoolOverloadError)
  t.deepEqual(contradictions(pool.stats()), [])
  asked[0]!.open(true)
  t.is(await task, 0)
  t.is(pool.stats().workers.started, 1)
})

test('a validate that answers at once lets the task start inside submit', async (t) => {
  const pool = Pool.create({ size: 1, init: () => 'ready', validate: () => true })
  await pool.submit(() => 0)
  let ran = false
  const task = pool.submit(() => void (ran = true))
  t.true(ran)
  await task
})

test('what is neither true nor false is told, and the resource is not used', async (t) => {
  const logger = new Recorder()
  const { options, closed } = connections()
  const pool = Pool.create({ size: 1, logger, ...options, validate: (() => 'yes') as unknown as () => boolean })
  await pool.submit(idOf)
  t.is(await pool.submit(idOf), 1)
  t.deepEqual(closed, [0])
  t.regex(String(logger.at('warn')[0]!.msg), /validate gave neither true nor false/)
})

test('validate is asked only if the resource was idle for validateAfter', async (t) => {
  let asked = 0
  const validate = () => (asked++, true)
  const pool = Pool.create({ size: 1, ...connections().options, validate, validateAfter: 60_000 })
  for (let i = 0; i < 5; i++) await pool.submit(idOf)
  t.is(asked, 0)
  const other = Pool.create({ size: 1, expiry: Infinity, ...connections().options, validate, validateAfter: 20 })
  await other.submit(idOf)
  await delay(25)
  await other.submit(idOf)
  t.is(asked, 1)
})

test('a pool with keys and a rate validates, too', async (t) => {
  const { options, opened, closed } = connections()
  const rate = { limit: 100, interval: 1_000 }
  const pool = Pool.create({ size: 2, perKey: 1, rate, ...options, validate: ({ isAlive }) => isAlive })
  t.is(await pool.submit(idOf, { key: 'a' }), 0)
  t.is(await pool.submit(idOf, { key: 'a' }), 0)
  opened[0]!.isAlive = false
  t.is(await pool.submit(idOf, { key: 'a' }), 1)
  await until(() => closed.length === 1, 'the invalid one is closed')
  await Promise.all(Array.from({ length: 20 }, (_, i) => pool.submit(idOf, { key: `${i % 3}` })))
  t.is(opened.length <= 3, true)
})

// ── wear ────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a resource is disposed of after maxUses tasks, whether or not others wait', async (t) => {
  const { options, closed } = connections()
  const pool = Pool.create({ size: 1, ...options, maxUses: 2 })
  t.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(() => pool.submit(idOf))), [0, 0, 1, 1, 2])
  t.deepEqual(closed, [0, 1])
  t.is(await pool.submit(idOf), 2)
  await until(() => closed.length === 3, 'the third one is closed')
  t.is(pool.running, 0)
})

test('an idle resource is disposed of when it is older than maxAge, and a busy one at the end of its task', async (t) => {
  const { options, closed } = connections()
  const pool = Pool.create({ size: 2, expiry: Infinity, ...options, maxAge: 20 })
  const end = gate()
  const since = performance.now()
  const busy = pool.submit(async ({ resource }) => (await end.promise, resource.id))
  t.is(await pool.submit(idOf), 1)
  await until(() => closed.length === 1, 'the idle one is closed')
  t.true(performance.now() - since >= 18)
  t.deepEqual(closed, [1])
  end.open()
  t.is(await busy, 0)
  await until(() => closed.length === 2, 'the busy one is closed')
  t.is(pool.running, 0)
})

// ── all of them ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('init, validate and dispose run in the async context of create', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const seen: [string, string | undefined][] = []
  const note = (what: string): void => void seen.push([what, storage.getStore()])
  const pool = storage.run('create', () =>
    Pool.create({
      size: 1,
      maxUses: 2,
      init: async () => (await turn(), note('init')),
      validate: async () => (note('validate'), await turn(), true),
      dispose: async () => (await turn(), note('dispose')),
    }),
  )
  await storage.run('first', () => pool.submit(() => note('task')))
  await storage.run('second', () => pool.submit(() => note('task')))
  await pool.close()
  t.deepEqual(seen, [
    ['init', 'create'],
    ['task', 'first'],
    ['validate', 'create'],
    ['task', 'second'],
    ['dispose', 'create'],
  ])
})

test('contradictions are refused at once', (t) => {
  const create = Pool.create as (options: object) => unknown
  const init = () => 0
  const needing = { validate: () => true, maxUses: 1, maxAge: 1, initTimeout: 1, minSize: 1, isBroken: () => true }
  for (const [option, value] of Object.entries(needing)) {
    t.throws(() => create({ [option]: value }), {
      code: 'ERR_POOL_OPTION',
      message: new RegExp(`^${option} needs init`),
    })
    t.notThrows(() => create({ init, [option]: value }))
  }
  t.throws(() => create({ init, validateAfter: 5 }), {
    code: 'ERR_POOL_OPTION',
    message: /validateAfter needs init and/,
  })
  t.throws(() => create({ init, size: 2, minSize: 3 }), { instanceOf: RangeError, code: 'ERR_POOL_OPTION' })
  t.throws(() => create({ init, name: 'shared', shared: true, minSize: 1 }), {
    code: 'ERR_POOL_OPTION',
    message: /shared/,
  })
  t.throws(() => (MultiPool.create as (options: object) => unknown)({ pools: 2, minSize: 1 }), {
    code: 'ERR_POOL_OPTION',
  })
  for (const option of ['validate', 'maxUses', 'maxAge', 'initTimeout', 'validateAfter']) {
    const options = { filename: '/tasks.js', [option]: needing.validate }
    t.throws(() => ThreadPool.create(options as never), { code: 'ERR_POOL_OPTION', message: new RegExp(option) })
  }
  const bad: Record<string, unknown[]> = {
    validate: [1, null, 'true'],
    validateAfter: [-1, NaN, Infinity, '5', null],
    maxUses: [0, 1.5, -1, Infinity, '1', null],
    maxAge: [0, -1, NaN, Infinity, 2 ** 31, '5', null],
    initTimeout: [0, -1, NaN, Infinity, 2 ** 31, '5', null],
    minSize: [-1, 0.5, Infinity, '1', null],
  }
  for (const [option, values] of Object.entries(bad)) {
    for (const value of values) {
      const options = { init, validate: () => true, [option]: value }
      t.throws(
        () => create(options),
        { code: 'ERR_POOL_OPTION', message: new RegExp(`^${option} must be`) },
        `${option}`,
      )
    }
  }
})

test.serial('resources that are kept do not keep the process alive, nor a back-off or a validation', async (t) => {
  for (const args of [['kept'], ['failing'], ['validating'], ['late']]) {
    const { hung, code, stdout, stderr } = await child('kept-resources', { args })
    t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' }, args[0])
    t.is(stdout, `${args[0]}\nexit\n`)
  }
})
