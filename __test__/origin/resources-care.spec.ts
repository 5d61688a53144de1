// How resources are looked after: validated, worn out, limited in time, kept, and made again after a failure.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { MultiPool, Pool, PoolClosedError, PoolOverloadError, ThreadPool, WaitTimeoutError } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { child } from '../support/child.js'
import { gate, occupy, type Gate } from '../support/gate.js'
import { Recorder, shows } from '../support/recorder.js'
import { rejection, until, within } from '../support/until.js'

interface Connection {
  readonly id: number
  isAlive: boolean
}

/** Connections that take a turn of the event loop to open and to close. */
function connections() {
  const opened: Connection[] = []
  const closed: number[] = []
  const init = async (): Promise<Connection> => {
    await turn()
    const connection = { id: opened.length, isAlive: true }
    opened.push(connection)
    return connection
  }
  const dispose = async ({ id }: Connection): Promise<void> => (await turn(), void closed.push(id))
  return { opened, closed, options: { init, dispose } }
}

const idOf = ({ resource }: { resource: Connection }): number => resource.id

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

// ── initTimeout ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('an init that takes longer than initTimeout rejects a task, and its late resource is disposed of', async (t) => {
  const opening = gate<number>()
  let inits = 0
  const closed: number[] = []
  const logger = new Recorder()
  const init = () => (inits++ === 0 ? opening.promise : 8)
  const pool = Pool.create({ size: 1, logger, init, initTimeout: 20, dispose: (id) => void closed.push(id) })
  const since = performance.now()
  const first = rejection(pool.submit(() => t.fail('it ran')))
  const second = pool.submit(({ resource }) => resource)
  const error = await first
  t.true(performance.now() - since >= 18)
  t.true(error instanceof WaitTimeoutError)
  t.is(error.waitTimeout, 20)
  t.deepEqual([pool.running, pool.busy, pool.available, pool.waiting], [1, 1, 0, 1], 'the slot stays taken')
  t.like(logger.at('warn')[0], { obj: { worker: 0, initTimeout: 20 } })
  opening.open(7)
  await until(() => closed.length === 1, 'it is disposed of')
  t.deepEqual(closed, [7])
  t.is(await second, 8)
  t.deepEqual(logger.complaints.length, 1)
})

test('a late failure of init is told at debug, and fails nobody', async (t) => {
  const opening = gate<number>()
  const logger = new Recorder()
  let inits = 0
  const init = () => (inits++ === 0 ? opening.promise : 1)
  const pool = Pool.create({ size: 1, logger, init, initTimeout: 5 })
  t.true((await rejection(pool.submit(() => 0))) instanceof WaitTimeoutError)
  const error = new Error('too late')
  opening.fail(error)
  t.is(await pool.submit(({ resource }) => resource), 1)
  t.true(logger.at('debug').some((entry) => shows(entry, error)))
  t.is(logger.complaints.length, 1)
  t.is(pool.stats().failed, 0)
})

test('close waits for an init that takes too long, and rejects all that wait for it', async (t) => {
  const opening = gate<number>()
  const closed: number[] = []
  const logger = new Recorder()
  const dispose = (id: number) => void closed.push(id)
  const pool = Pool.create({ size: 1, logger, init: () => opening.promise, initTimeout: 250, dispose })
  const tasks = [1, 2, 3].map(() => rejection(pool.submit(() => t.fail('it ran'))))
  let isOver = false
  const ending = pool.close().then(() => (isOver = true))
  for (const error of await Promise.all(tasks)) t.true(error instanceof WaitTimeoutError)
  t.false(isOver)
  opening.open(1)
  await within(ending, 'close')
  t.deepEqual(closed, [1])
})

// ── back-off ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('after a failed init one worker at a time boots, and the others come with its success', async (t) => {
  const opening: Gate<number>[] = []
  const init = () => {
    opening.push(gate<number>())
    return opening.at(-1)!.promise
  }
  const pool = Pool.create({ size: 3, init })
  const errors = [1, 2, 3].map((id) => new Error(`refused ${id}`))
  const failing = errors.map(() => rejection(pool.submit(() => t.fail('it ran'))))
  t.is(opening.length, 3)
  opening.forEach(({ fail }, nth) => fail(errors[nth]))
  t.deepEqual(await Promise.all(failing), errors, 'each attempt rejects the first that waits with its error')
  t.is(pool.running, 0)
  // The pause may be as short as chance has it.
  t.true(pool.free <= 1 && pool.available <= 1)
  const tasks = [1, 2, 3].map(() => pool.submit(({ resource }) => resource))
  t.true(opening.length <= 4, 'no more than one boots')
  await until(() => opening.length === 4, 'one tries')
  await delay(20)
  t.is(opening.length, 4, 'one alone')
  opening[3]!.open(3)
  await until(() => opening.length === 5 || pool.waiting === 0, 'the success ends the back-off')
  for (const { open } of opening) open(9)
  for (const id of await Promise.all(tasks)) t.true(id === 3 || id === 9)
  t.is(pool.stats().failed, 3)
})

test('in the back-off a pool refuses as a full one does, and those that wait are served', async (t) => {
  let inits = 0
  const init = async () => {
    if (inits++ === 0) throw new Error('refused')
    return inits
  }
  const pool = Pool.create({ size: 1, maxBlockingTasks: 1, init })
  t.regex((await rejection(pool.submit(() => 0))).message, /refused/)
  const waiting = pool.submit(({ resource }) => resource)
  if (pool.waiting === 1 && pool.running === 0) {
    t.true((await rejection(pool.submit(() => 0))) instanceof PoolOverloadError)
    t.true((await rejection(pool.submit(() => 0, { waitTimeout: 0 }))) instanceof PoolOverloadError)
  }
  t.is(await waiting, 2)
})

test('while closing a failed init rejects all that wait, with its error', async (t) => {
  const opening = gate<number>()
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, init: () => opening.promise, logger })
  const seen: unknown[] = []
  const told = Pool.create({ size: 1, init: () => opening.promise, panicHandler: (error) => void seen.push(error) })
  const tasks = [pool, told].flatMap((each) => [1, 2, 3].map(() => rejection(each.submit(() => t.fail('it ran')))))
  pool.execute(() => t.fail('it ran'))
  const ending = Promise.all([pool.close(), told.close()])
  const error = new Error('refused')
  opening.fail(error)
  for (const each of await Promise.all(tasks)) t.is(each, error)
  await within(ending, 'close')
  t.true(shows(logger.at('error')[0]!, error), 'of a task without a promise the logger hears')
  t.is(pool.stats().failed, 4)
  t.deepEqual(seen, [])
})

// ── minSize ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('ready makes minSize resources, and resolves when all are there', async (t) => {
  const { options, opened } = connections()
  const pool = Pool.create({ size: 5, minSize: 3, expiry: 10, ...options })
  t.is(pool.running, 0)
  await pool.ready()
  t.deepEqual([opened.length, pool.idle], [3, 3])
  await pool.ready()
  t.is(opened.length, 3)
  await delay(40)
  t.is(pool.idle, 3, 'they stay, also idle')
  await occupy(pool, 5).finish()
  await until(() => pool.running === 3, 'those beyond it expire')
  await pool.close()
  t.is(pool.running, 0)
})

test('without minSize ready makes one resource; without init there is nothing to wait for', async (t) => {
  const { options, opened } = connections()
  const pool = Pool.create({ size: 5, ...options })
  await pool.ready()
  t.is(opened.length, 1)
  await Pool.create({ size: 5 }).ready()
  const multi = MultiPool.create({ pools: 2, size: 3, minSize: 2, ...connections().options })
  await multi.ready()
  t.is(multi.idle, 4)
})

test('ready rejects with the error of init, with WaitTimeoutError, or if the pool is closed', async (t) => {
  const error = new Error('refused')
  let inits = 0
  const pool = Pool.create({ size: 1, init: async () => (inits++ === 0 ? Promise.reject(error) : inits) })
  t.is(await rejection(pool.ready()), error)
  await pool.ready()
  t.is(pool.idle, 1)
  const logger = new Recorder()
  const slow = Pool.create({ size: 1, logger, initTimeout: 5, init: () => new Promise<number>(() => {}) })
  t.true((await rejection(slow.ready())) instanceof WaitTimeoutError)
  pool.release()
  t.true((await rejection(pool.ready())) instanceof PoolClosedError)
  const plain = Pool.create()
  plain.release()
  t.true((await rejection(plain.ready())) instanceof PoolClosedError)
})

test('a resource that is kept is replaced in the background, whatever has ended it', async (t) => {
  const { options, opened, closed } = connections()
  const validate = ({ isAlive }: Connection) => isAlive
  const pool = Pool.create({ size: 3, minSize: 2, ...options, validate, maxUses: 3, isBroken: () => true })
  await pool.ready()
  await rejection(pool.submit(() => Promise.reject(new Error('broken'))))
  await until(() => opened.length === 3 && pool.idle === 2, 'a broken one')
  for (const connection of opened) connection.isAlive = false
  t.true((await pool.submit(idOf)) >= 3)
  await until(() => closed.length >= 3 && pool.idle === 2, 'invalid ones')
  const known = opened.length
  for (let i = 0; i < 3; i++) await pool.submit(idOf)
  await until(() => opened.length > known && pool.idle === 2, 'one that was used often enough')
  const before = pool.running
  t.is(before, 2)
  await pool.close()
  t.is(pool.running, 0)
  t.is(closed.length, opened.length)
})

test('resources that are kept grow old, and are replaced without a task', async (t) => {
  const { options, opened } = connections()
  const pool = Pool.create({ size: 2, minSize: 1, maxAge: 10, ...options })
  await pool.ready()
  await until(() => opened.length >= 4, 'they are replaced')
  t.is(pool.stats().submitted, 0)
  await pool.close()
  const { length } = opened
  await delay(30)
  t.is(opened.length, length, 'a closed pool keeps nothing')
})

test('configure raises and lowers minSize', async (t) => {
  const { options, opened } = connections()
  const pool = Pool.create({ size: 4, expiry: 10, minSize: 1, ...options })
  await pool.ready()
  pool.configure({ minSize: 3 })
  await until(() => pool.idle === 3, 'what is missing is made')
  t.is(opened.length, 3)
  t.throws(() => pool.configure({ minSize: 5 }), { code: 'ERR_POOL_OPTION', message: /minSize/ })
  pool.configure({ minSize: 0 })
  await until(() => pool.running === 0, 'all expire')
  t.throws(() => Pool.create().configure({ minSize: 1 }), { code: 'ERR_POOL_OPTION', message: /minSize needs init/ })
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
