// The rate (design/scheduling.md): in every window of `interval` ms at most `limit` tasks start.
import test from 'ava'
import { Pool, PoolOverloadError } from 'workpool'

import { gate } from '../support/gate.js'
import { rejection, until } from '../support/until.js'

/**
 * The first start that came earlier than it may, by index. The pool counts a start before it calls the function, so a
 * function may come late, and then close to the next one; but never early.
 */
const early = (starts: readonly number[], from: number, limit: number, interval: number): number =>
  starts.findIndex((at, i) => at < from + Math.floor(i / limit) * interval)

test('in every window no more than limit tasks start, however they come', async (t) => {
  const [limit, interval] = [5, 50]
  const pool = Pool.create({ size: 100, rate: { limit, interval } })
  const starts: number[] = []
  const from = performance.now()
  const tasks = Array.from({ length: 22 }, (_, i) =>
    pool.submit(() => void starts.push(performance.now()), { priority: i % 3 }),
  )
  t.is(starts.length, limit, 'the first ones start at once')
  await Promise.all(tasks)
  t.is(starts.length, 22)
  t.is(early(starts, from, limit, interval), -1, starts.map((at) => at - from).join())
  t.is(pool.stats().completed, 22)
})

test('a start is never given back, whatever becomes of the task', async (t) => {
  const pool = Pool.create({ rate: { limit: 2, interval: 60_000 }, nonblocking: true })
  await t.throwsAsync(
    pool.submit(() => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
  const controller = new AbortController()
  const aborted = pool.submit(() => new Promise(() => {}), { signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.throwsAsync(aborted, { message: 'enough' })
  t.is((await rejection(pool.submit(() => 0))).reason, 'rate')
})

test('a refusal by the rate says in how many ms the next task could start', async (t) => {
  const pool = Pool.create({ rate: { limit: 1, interval: 60_000 }, maxBlockingTasks: 1 })
  await pool.submit(() => 0)
  const waiting = rejection(pool.submit(() => t.fail('it ran')))
  const error: PoolOverloadError = await rejection(pool.submit(() => 0))
  t.true(error instanceof PoolOverloadError)
  t.is(error.reason, 'rate')
  t.is(error.waiting, 1)
  // Behind the one that waits.
  t.true(error.retryAfter! > 60_000 && error.retryAfter! <= 120_000, String(error.retryAfter))
  t.true(Number.isInteger(error.retryAfter))
  t.regex(error.message, /as many tasks have started as the rate of the pool allows.*submit again in \d+ ms/)
  t.false(pool.tryExecute(() => {}))
  t.is(pool.stats().rejected.rate, 2)
  pool.release()
  await waiting
})

test('whoever waits for the time that retryAfter names is let in', async (t) => {
  const pool = Pool.create({ rate: { limit: 1, interval: 30 }, nonblocking: true })
  pool.execute(() => {})
  const { retryAfter } = await rejection(pool.submit(() => t.fail('it ran')))
  await new Promise((resolve) => setTimeout(resolve, retryAfter + 1))
  t.is(await pool.submit(() => 'in'), 'in')
})

test('tasks wait for the rate with their order and their waitTimeout', async (t) => {
  const pool = Pool.create({ rate: { limit: 1, interval: 200 } })
  const order: string[] = []
  const submit = (name: string, options = {}) => pool.submit(() => void order.push(name), options)
  void submit('first')
  const late = rejection(submit('late', { waitTimeout: 1, priority: 'high' }))
  const rest = [submit('low', { priority: 'low' }), submit('normal'), submit('high', { priority: 'high' })]
  t.is((await rejection(submit('now', { waitTimeout: 0 }))).code, 'ERR_POOL_WAIT_TIMEOUT')
  t.is((await late).code, 'ERR_POOL_WAIT_TIMEOUT')
  await Promise.all(rest)
  t.deepEqual(order, ['first', 'high', 'normal', 'low'])
})

test('the rate is kept across reboot and configure', async (t) => {
  const pool = Pool.create({ rate: { limit: 5, interval: 60_000 }, nonblocking: true })
  await pool.submit(() => 0)
  pool.release()
  pool.reboot()
  await pool.submit(() => 0)
  pool.configure({ rate: { limit: 3, interval: 60_000 } })
  await pool.submit(() => 0)
  t.is((await rejection(pool.submit(() => 0))).reason, 'rate')
  // What has started before that is not known any more, so it is taken to have been lately.
  pool.configure({ rate: { limit: 4, interval: 60_000 } })
  t.is((await rejection(pool.submit(() => 0))).reason, 'rate')
  pool.configure({ rate: false })
  t.is(await pool.submit(() => 'without a rate'), 'without a rate')
})

test('a vacancy waits for the rate, too, and map keeps to it', async (t) => {
  const pool = Pool.create({ rate: { limit: 2, interval: 40 } })
  const starts: number[] = []
  const from = performance.now()
  for await (const at of pool.map(Array.from({ length: 7 }), () => performance.now())) starts.push(at)
  t.is(early(starts, from, 2, 40), -1, starts.map((at) => at - from).join())
  await pool.vacancy()
  t.is(pool.waiting, 0)
})

test('close runs what waits for the rate, and drain waits for it', async (t) => {
  const pool = Pool.create({ rate: { limit: 1, interval: 20 } })
  const order: number[] = []
  const tasks = [1, 2, 3].map((each) => pool.submit(() => order.push(each)))
  await pool.drain()
  t.deepEqual(order, [1, 2, 3])
  const late = [4, 5].map((each) => pool.submit(() => order.push(each)))
  await pool.close()
  t.deepEqual(order, [1, 2, 3, 4, 5])
  await Promise.all([...tasks, ...late])
})

test('the largest limit is kept exactly', async (t) => {
  const pool = Pool.create({ rate: { limit: 65_536, interval: 60_000 }, nonblocking: true, size: Infinity })
  for (let i = 0; i < 65_536; i++) if (!pool.tryExecute(() => {})) t.fail(`refused after ${i}`)
  t.false(pool.tryExecute(() => {}))
  t.is(pool.stats().completed, 65_536)
})

test('a rate holds beside a full pool: the reason is then the first that forbids the start', async (t) => {
  const pool = Pool.create({ size: 1, rate: { limit: 1, interval: 60_000 }, nonblocking: true, perKey: 1 })
  const end = gate()
  const task = pool.submit(() => end.promise, { key: 'a' })
  t.is((await rejection(pool.submit(() => 0, { key: 'a' }))).reason, 'key')
  t.is((await rejection(pool.submit(() => 0, { key: 'b' }))).reason, 'rate')
  pool.pause()
  t.is((await rejection(pool.submit(() => 0, { key: 'a' }))).reason, 'paused')
  pool.release()
  t.is((await rejection(pool.submit(() => 0, { key: 'a' }))).code, 'ERR_POOL_CLOSED')
  end.open()
  await task
  await until(() => pool.busy === 0, 'it is idle')
})
