import test from 'ava'
import { Pool, type PoolError, type PoolErrorCode, PoolOverloadError, ThreadPool } from 'workpool'
import { toHttp } from 'workpool/http'

import { gate } from '../support/gate.js'
import { rejection } from '../support/until.js'

const MESSAGES = { 503: /^The server is (busy|closing); try again later$/, 504: /^The answer took too long$/ }

test('refusals are 503 with retry-after, what takes too long is 504', async (t) => {
  const pool = Pool.create({ name: 'secret', size: 1, maxBlockingTasks: 1 })
  const end = gate()
  const running = rejection(pool.submit(() => end.promise, { timeout: 5 }))
  const waiting = rejection(pool.submit(() => {}))
  const overload = await rejection(pool.submit(() => {}))
  pool.clear()
  const waitTimeout = await rejection(pool.submit(() => {}, { waitTimeout: 0 }))
  const cleared = await waiting
  const slow = await running
  const late = pool.future(() => end.promise)
  const resultTimeout = await rejection(late.get({ timeout: 1 }))
  end.open()
  const group = Pool.create().group({ timeout: 1 })
  group.submit(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)))
  const groupTimeout = await rejection(group.join())
  await pool.close()
  const closed = await rejection(pool.submit(() => {}))
  const errors: [PoolError, PoolErrorCode, 503 | 504][] = [
    [overload, 'ERR_POOL_OVERLOAD', 503],
    [waitTimeout, 'ERR_POOL_WAIT_TIMEOUT', 503],
    [cleared, 'ERR_POOL_CLEARED', 503],
    [closed, 'ERR_POOL_CLOSED', 503],
    [slow, 'ERR_POOL_TASK_TIMEOUT', 504],
    [resultTimeout, 'ERR_POOL_RESULT_TIMEOUT', 504],
    [groupTimeout, 'ERR_POOL_GROUP_TIMEOUT', 504],
  ]
  for (const [error, code, status] of errors) {
    t.is(error.code, code)
    const answer = toHttp(error)!
    t.is(answer.status, status, code)
    t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
    t.is(answer.headers['cache-control'], 'no-store')
    t.is(answer.headers['retry-after'], status === 503 ? '1' : undefined, code)
    const body = JSON.parse(answer.body) as { statusCode: number; error: string; message: string }
    t.deepEqual(Object.keys(body), ['statusCode', 'error', 'message'])
    t.is(body.statusCode, status)
    t.regex(body.message, MESSAGES[status])
    t.false(answer.body.includes('secret'))
  }
})

test('retry-after is that of the error in seconds, rounded up, and at least one', async (t) => {
  const pool = Pool.create({ nonblocking: true, rate: { limit: 1, interval: 90_000 } })
  await pool.submit(() => {})
  const error = await rejection(pool.submit(() => {}))
  t.true(PoolOverloadError.is(error))
  t.is(toHttp(error)!.headers['retry-after'], String(Math.ceil((error as PoolOverloadError).retryAfter! / 1_000)))
  t.true(Number(toHttp(error)!.headers['retry-after']) > 60)
})

test('what is a fault of the program, or no error of a pool, has no answer', async (t) => {
  const threads = ThreadPool.create({ filename: '/nowhere/at-all.js' })
  const start = await rejection(threads.run())
  t.is(start.code, 'ERR_POOL_WORKER_START')
  const misuse = await rejection(Pool.create().close({ timeout: -1 }))
  for (const error of [
    start,
    misuse,
    new Error('mine'),
    AbortSignal.abort().reason,
    undefined,
    null,
    'text',
    { code: 'ERR_POOL_OVERLOAD' },
  ]) {
    t.is(toHttp(error), undefined)
  }
})
