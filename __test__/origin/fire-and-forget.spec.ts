import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import {
  Pool,
  PoolClosedError,
  PoolOverloadError,
  TaskTimeoutError,
  WaitTimeoutError,
  type PoolOptions,
  type TaskInfo,
} from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { Recorder, shows } from '../support/recorder.js'
import { until } from '../support/until.js'

/** A pool of one worker that keeps what its panicHandler sees. */
function handled(options: PoolOptions = {}) {
  const seen: unknown[] = []
  const infos: TaskInfo[] = []
  const pool = Pool.create({
    size: 1,
    ...options,
    panicHandler(error, task) {
      seen.push(error)
      infos.push(task)
    },
  })
  return { pool, seen, infos }
}

test('execute runs the task and returns nothing; tryExecute returns whether it was accepted', async (t) => {
  const pool = Pool.create({ size: 1 })
  const order: string[] = []
  t.is(
    pool.execute(() => order.push('first')),
    undefined,
  )
  t.true(pool.tryExecute(() => order.push('second')))
  t.deepEqual(order, ['first', 'second'])
  const { finish } = occupy(pool, 1)
  pool.execute(() => order.push('third'))
  t.true(pool.tryExecute(() => order.push('fourth')))
  t.is(pool.waiting, 2)
  await finish()
  await pool.drain()
  t.deepEqual(order, ['first', 'second', 'third', 'fourth'])
  t.is(pool.stats().completed, 5)
})

test('what execute runs gets a context, priority and timeout as any task', async (t) => {
  const pool = Pool.create({ size: 1, init: () => 'resource', panicHandler() {} })
  const { finish } = occupy(pool, 1)
  await until(() => pool.waiting === 0, 'the worker is ready')
  const order: string[] = []
  pool.execute(({ resource, signal }) => void order.push(`low ${resource} ${signal.aborted}`), { priority: 'low' })
  pool.execute(({ resource }) => void order.push(`high ${resource}`), { priority: 'high', timeout: 60_000 })
  await finish()
  await pool.drain()
  t.deepEqual(order, ['high resource', 'low resource false'])
})

test('refused: execute throws, tryExecute returns false', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 1 })
  const { finish } = occupy(pool, 2)
  t.throws(() => pool.execute(() => t.fail('it ran')), { instanceOf: PoolOverloadError })
  t.false(pool.tryExecute(() => t.fail('it ran')))
  t.is(pool.stats().rejected.overload, 2)
  await finish()
  pool.release()
  t.throws(() => pool.execute(() => t.fail('it ran')), { instanceOf: PoolClosedError })
  t.false(pool.tryExecute(() => t.fail('it ran')))
  t.is(pool.stats().rejected.closed, 2)
  t.is(pool.stats().submitted, 2)
})

test('refused by waitTimeout 0: execute throws, tryExecute returns false, and no handler is bothered', async (t) => {
  const { pool, seen } = handled()
  const { finish } = occupy(pool, 1)
  t.throws(() => pool.execute(() => t.fail('it ran'), { waitTimeout: 0 }), { instanceOf: WaitTimeoutError })
  t.false(pool.tryExecute(() => t.fail('it ran'), { waitTimeout: 0 }))
  await finish()
  t.deepEqual(seen, [])
})

test('refused by a signal aborted before: execute throws the reason, tryExecute returns false', (t) => {
  const { pool, seen } = handled()
  const signal = AbortSignal.abort(new RangeError('the reason'))
  t.throws(() => pool.execute(() => t.fail('it ran'), { signal }), { is: signal.reason })
  t.false(pool.tryExecute(() => t.fail('it ran'), { signal }))
  t.deepEqual(seen, [])
  t.is(pool.stats().submitted, 0)
})

test('bad arguments throw from both', (t) => {
  const pool = Pool.create()
  for (const verb of ['execute', 'tryExecute'] as const) {
    t.throws(() => pool[verb]('no function' as never), { code: 'ERR_POOL_OPTION' })
    t.throws(() => pool[verb](() => 0, { priority: -1 }), { code: 'ERR_POOL_OPTION' })
    t.throws(() => pool[verb](() => 0, null as never), { code: 'ERR_POOL_OPTION' })
  }
  t.is(pool.stats().submitted, 0)
})

test('a closure that throws in execute does not throw there; panicHandler sees it', (t) => {
  const { pool, seen, infos } = handled({ name: 'post' })
  const errors = [new Error('first'), new Error('second')]
  pool.execute(() => {
    throw errors[0]
  })
  t.true(
    pool.tryExecute(() => {
      throw errors[1]
    }),
  )
  t.deepEqual(seen, errors)
  t.is(infos[0]!.pool, 'post')
  t.is(pool.stats().failed, 2)
})

test('every end without success reaches panicHandler: failed, aborted, timed out, waited too long, released', async (t) => {
  const { pool, seen } = handled()
  const failed = new Error('failed')
  pool.execute(() => Promise.reject(failed))
  await pool.drain()
  t.is(seen.pop(), failed)

  const end = gate()
  const controller = new AbortController()
  const { signal } = controller
  pool.execute(() => end.promise, { signal })
  pool.execute(() => t.fail('it ran'), { signal })
  controller.abort('stop')
  await turn()
  t.deepEqual(seen.splice(0), ['stop', 'stop'])

  pool.execute(() => t.fail('it ran'), { waitTimeout: 2 })
  await until(() => seen.length > 0, 'the wait timeout is reported')
  t.true(seen.pop() instanceof WaitTimeoutError)
  end.open()
  await pool.drain()

  const slow = gate()
  pool.execute(() => slow.promise, { timeout: 2 })
  await until(() => seen.length > 0, 'the timeout is reported')
  t.true(seen.pop() instanceof TaskTimeoutError)

  pool.execute(() => t.fail('it ran'))
  pool.release()
  await until(() => seen.length > 0, 'the release is reported')
  t.true(seen.pop() instanceof PoolClosedError)
  slow.open()
  await pool.close()
  t.deepEqual(seen, [])
})

test('a failed init of an executed task reaches panicHandler', async (t) => {
  const seen: unknown[] = []
  const error = new Error('no connection')
  const pool = Pool.create<void>({
    size: 1,
    init: () => Promise.reject(error),
    panicHandler: (reason) => void seen.push(reason),
  })
  pool.execute(() => t.fail('it ran'))
  await pool.drain()
  await turn()
  t.deepEqual(seen, [error])
  t.is(pool.stats().failed, 1)
})

test('without a panicHandler every end without success is an error in the log, and nothing is fatal', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, logger })
  const thrown = new Error('thrown')
  const rejected = new Error('rejected')
  pool.execute(() => {
    throw thrown
  })
  pool.execute(() => Promise.reject(rejected))
  await pool.drain()
  const end = gate()
  pool.execute(() => end.promise)
  pool.execute(() => t.fail('it ran'))
  pool.release()
  end.open()
  await pool.close()
  await turn()
  const errors = logger.at('error')
  t.is(errors.length, 3)
  t.true(shows(errors[0]!, thrown))
  t.true(shows(errors[1]!, rejected))
  t.is(logger.complaints.length, 3)
})

test('with a panicHandler nothing is logged for failing tasks', async (t) => {
  const logger = new Recorder()
  const { pool, seen } = handled({ logger })
  pool.execute(() => Promise.reject(new Error('fails')))
  await pool.drain()
  t.is(seen.length, 1)
  t.deepEqual(logger.complaints, [])
})

test('a panicHandler that throws or rejects for an executed task is logged and not fatal', async (t) => {
  for (const panicHandler of [
    () => {
      throw new Error('in the handler')
    },
    () => Promise.reject(new Error('in the handler')) as never,
  ]) {
    const logger = new Recorder()
    const pool = Pool.create({ size: 1, logger, panicHandler })
    pool.execute(() => {
      throw new Error('in the task')
    })
    pool.execute(() => Promise.reject(new Error('in the task')))
    await pool.drain()
    await turn()
    t.is(logger.complaints.length, 2)
  }
})
