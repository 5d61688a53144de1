// Tasks of execute that were accepted and turned away: panicHandler sees each, the logger a line a second.
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool, PoolClearedError, PoolOverloadError, type PoolOptions } from 'workpool'

import { child } from '../support/child.js'
import { occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { until } from '../support/until.js'

function pausing(options: PoolOptions = {}) {
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, logger, ...options })
  pool.pause()
  const execute = (count: number): void => {
    for (let i = 0; i < count; i++) pool.execute(() => {})
  }
  return { pool, logger, execute }
}

test('one line for all that are cleared at once, and one for all in the second that follows', async (t) => {
  const { pool, logger, execute } = pausing()
  execute(50)
  t.is(pool.clear(), 50)
  await turn()
  t.is(logger.complaints.length, 1)
  const [first] = logger.complaints
  t.is(first!.level, 'warn')
  t.like(first!.obj, { pool: pool.name, count: 50, cleared: 50 })
  t.regex(String(first!.msg), /^workpool: 50 tasks of execute were turned away without having begun/)

  const from = performance.now()
  execute(2)
  pool.clear()
  execute(1)
  pool.clear()
  await turn()
  t.is(logger.complaints.length, 1)
  await until(() => logger.complaints.length === 2, 'the next line')
  t.true(performance.now() - from > 700)
  t.like(logger.complaints[1]!.obj, { count: 3, cleared: 3 })
})

test('displaced ones are counted under their own name', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, logger, maxBlockingTasks: 1, overload: 'discard-oldest' })
  const { finish } = occupy(pool, 1)
  for (let i = 0; i < 4; i++) pool.execute(() => {})
  await finish()
  await pool.drain()
  t.is(pool.stats().rejected.displaced, 3)
  t.like(logger.complaints[0]!.obj, { count: 3, displaced: 3 })
})

test('with a panicHandler each of them reaches it, and nothing is logged', async (t) => {
  const seen: unknown[] = []
  const { pool, logger, execute } = pausing({
    panicHandler: (error, { priority, runMs }) => void seen.push([error, priority, runMs]),
  })
  execute(3)
  pool.clear()
  await turn()
  t.is(seen.length, 3)
  for (const [error, priority, runMs] of seen as [unknown, number, number][]) {
    t.true(error instanceof PoolClearedError)
    t.deepEqual([priority, runMs], [1, 0])
  }
  pool.configure({ maxBlockingTasks: 1, overload: 'discard-oldest' })
  execute(2)
  await turn()
  t.true((seen[3] as [unknown])[0] instanceof PoolOverloadError)
  t.deepEqual(logger.complaints, [])
  pool.release()
})

test('other ends of such tasks are logged one by one, as errors', async (t) => {
  const { pool, logger, execute } = pausing()
  execute(2)
  pool.release()
  await turn()
  t.deepEqual(
    logger.complaints.map(({ level }) => level),
    ['error', 'error'],
  )
})

test('the line keeps no process alive', async (t) => {
  const { code, stdout } = await child('turned-away')
  t.is(code, 0)
  const [count, ms] = stdout.trim().split(' ').map(Number)
  t.is(count, 1)
  t.true(ms! < 900, `${ms} ms`)
})
