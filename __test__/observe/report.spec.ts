// `report()`: a line about a pool, now and then.
import test from 'ava'
import { MultiPool, Pool } from 'workpool'

import { child } from '../support/child.js'
import { occupy } from '../support/gate.js'
import { rejection, until } from '../support/until.js'

/** A logger that keeps its lines. */
function lines(): { logger: any; told: [details: any, message: string][] } {
  const told: [details: any, message: string][] = []
  const info = (...line: [any, string]) => void told.push(line)
  return { logger: { debug() {}, info, warn() {}, error() {} }, told }
}

test('each line says what runs and waits, and what has ended since the line before', async (t) => {
  const { logger, told } = lines()
  const pool = Pool.create({ name: 'busy', size: 2 })
  await pool.submit(() => {})
  const { finish } = occupy(pool, 3)
  await rejection(pool.submit(() => {}, { waitTimeout: 0 }))
  const before = Date.now()
  pool.report({ every: 20, logger })
  await until(() => told.length >= 1, 'a line')
  t.true(Date.now() - before >= 19)
  const [details, message] = told[0]!
  t.like(details, { pool: 'busy', capacity: 2, busy: 2, idle: 0, waiting: 1, completed: 0, failed: 0, refused: 0 })
  t.true(details.ms >= 19)
  t.is(message, 'pool busy: 2 of 2 busy, 1 waiting; 0 completed, 0/s')
  await finish()
  await rejection(pool.submit(() => Promise.reject(new Error('no'))))
  await until(() => told.reduce((sum, [{ completed, failed }]) => sum + completed + failed, 0) === 4, 'all are told of')
  t.true(told.some(([, line]) => line.endsWith(', 1 failed')))
  await pool.close()
})

test('of a pool that measures a line has the percentiles of the time since the line before, and of no other', async (t) => {
  const { logger, told } = lines()
  const pool = Pool.create({ name: 'timed', size: 1 })
  const soon = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms))
  pool.report({ every: 30, logger })
  await pool.submit(soon(1))
  await until(() => told.length > 0, 'a line')
  t.false('run' in told[0]![0], 'it does not measure')
  pool.configure({ measure: true })
  await Promise.all([pool.submit(soon(500)), pool.submit(soon(5))])
  const lineWith = (count: number) => told.find(([{ run }]) => run?.count === count)
  await until(() => told.reduce((sum, [{ run }]) => sum + (run?.count ?? 0), 0) === 2, 'both are told of')
  const { run } = told.find(([details]) => details.run?.count > 0)![0]
  t.true(run.p99 >= 499 && run.p50 > 0, JSON.stringify(run))
  for (const [{ run: of }, line] of told) {
    const pattern = /; waited p50 [\d.]+ ms, p99 [\d.]+ ms; ran p50 [\d.]+ ms, p99 [\d.]+ ms$/
    if (of?.count > 0) t.regex(line, pattern)
    else t.notRegex(line, /p50/, 'nothing has ended')
  }
  await pool.submit(soon(1))
  const before = told.length
  await until(() => told.slice(before - 1).some(([details]) => details.run?.count === 1), 'the third is told of')
  const last = told.findLast(([details]) => details.run?.count === 1)![0]
  t.true(last.run.p99 < 499, 'it is of the third task alone')
  t.truthy(lineWith(0), 'lines without a task have none')
  await pool.close()
})

test('it stops with the pool, by stop(), and at the end of a using block', async (t) => {
  const { logger, told } = lines()
  const pool = Pool.create()
  const report = pool.report({ every: 1, logger })
  await until(() => told.length > 2, 'lines')
  report.stop()
  report.stop()
  const stopped = told.length
  {
    using _ = pool.report({ every: 1, logger })
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.is(told.length, stopped)
  pool.report({ every: 1, logger })
  await pool.close()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const atEnd = told.length
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.is(told.length, atEnd, 'the pool is closed')
})

test('a logger that throws does not end it, and several reports do not disturb each other', async (t) => {
  const { logger, told } = lines()
  let thrown = 0
  const pool = Pool.create({ name: 'several' })
  const broken = pool.report({
    every: 1,
    logger: {
      ...logger,
      info() {
        thrown++
        throw new Error('no')
      },
    },
  })
  const other = pool.report({ every: 1, logger })
  await pool.submit(() => {})
  await until(() => thrown > 2 && told.some(([{ completed }]) => completed === 1), 'both report')
  broken.stop()
  other.stop()
  t.pass()
})

test('a MultiPool reports its sums', async (t) => {
  const { logger, told } = lines()
  const multi = MultiPool.create({ name: 'sums', pools: 2, size: 3 })
  using _ = multi.report({ every: 1, logger })
  await until(() => told.length > 0, 'a line')
  t.regex(told[0]![1], /^pool sums: 0 of 6 busy/)
})

test('without a logger the lines go to the console', async (t) => {
  const { stdout, code } = await child('reported')
  t.is(code, 0)
  t.regex(stdout, /^pool printed: 0 of 1 busy, 0 waiting; 1 completed, [\d.]+\/s\n/)
})

for (const bad of [0, -1, 1.5, Infinity, '10', null]) {
  test(`every: ${String(bad)} is refused at once`, (t) => {
    t.throws(() => Pool.create().report({ every: bad } as object), { code: 'ERR_POOL_OPTION', message: /^every/ })
  })
}

test('another logger or option is refused at once', (t) => {
  t.throws(() => Pool.create().report({ logger: {} } as object), { code: 'ERR_POOL_OPTION', message: /^logger/ })
  t.throws(() => Pool.create().report({ evry: 1 } as object), { message: /did you mean every/ })
})
