// Resources that cannot be made, or take too long; and those that are kept.
import { setTimeout as delay } from 'node:timers/promises'

import test from 'ava'
import { MultiPool, Pool, PoolClosedError, PoolOverloadError, WaitTimeoutError } from 'workpool'

import { type Connection, connections, idOf } from '../support/connections.js'
import { gate, occupy, type Gate } from '../support/gate.js'
import { Recorder, shows } from '../support/recorder.js'
import { rejection, until, within } from '../support/until.js'

// ── initTimeout ─────────────────────────────────────────────────────────────────────────────────────────────────────

test('an init that takes longer than initTimeout rejects a task, and its late resource is disposed of', async (t) => {
  const opening = gate<number>()
  let inits = 0
  const closed: number[] = []
  const logger = new Recorder()
  const init = () => (inits++ === 0 ? opening.promise : 8)
  const pool = Pool.create({ size: 1, logger, init, initTimeout: 250, dispose: (id) => void closed.push(id) })
  const since = performance.now()
  const first = rejection(pool.submit(() => t.fail('it ran')))
  const second = pool.submit(({ resource }) => resource)
  const error = await first
  t.true(performance.now() - since >= 248)
  t.true(error instanceof WaitTimeoutError)
  t.is(error.waitTimeout, 250)
  t.deepEqual([pool.running, pool.busy, pool.available, pool.waiting], [1, 1, 0, 1], 'the slot stays taken')
  t.like(logger.at('warn')[0], { obj: { worker: 0, initTimeout: 250 } })
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
  const pool = Pool.create({ size: 1, logger, init, initTimeout: 250 })
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
  for (const options of [undefined, { waitTimeout: 0 }]) {
    const full = pool.submit(() => 0, options).catch((error: unknown) => error)
    // The back-off may be over at any moment, and then there is room.
    if (pool.waiting === 1 && pool.running === 0) t.true((await full) instanceof PoolOverloadError)
    else await full
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
