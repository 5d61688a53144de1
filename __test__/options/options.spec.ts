import test from 'ava'
import { Pool, PoolClosedError, PoolOverloadError, type Logger } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'
import { rejection } from '../support/until.js'

type Bad = [option: string, value: unknown, ErrorClass: typeof TypeError | typeof RangeError, allowed: RegExp]

const TOO_LONG = 2 ** 31
const anObject = {}
const aFunction = () => 0

/** How a message may show a value; only primitives have one obvious way. */
function mentions(message: string, value: unknown): boolean {
  if (typeof value === 'string') return message.includes(value)
  if (typeof value === 'object' || typeof value === 'function') return value !== null || message.includes('null')
  return message.includes(String(value))
}

function wrongTypes(
  option: string,
  allowed: RegExp,
  but: 'string' | 'number' | 'boolean' | 'function' | 'object',
): Bad[] {
  const values = { string: 'text', number: 5, boolean: true, function: aFunction, object: anObject }
  const rows: Bad[] = [[option, null, TypeError, allowed]]
  for (const [type, value] of Object.entries(values)) if (type !== but) rows.push([option, value, TypeError, allowed])
  return rows
}

const badPoolOptions: Bad[] = [
  ...wrongTypes('name', /string/, 'string'),
  ...wrongTypes('size', /positive integer|integer/, 'number'),
  ['size', 0, RangeError, /integer/],
  ['size', -2, RangeError, /integer/],
  ['size', -Infinity, RangeError, /integer/],
  ['size', 1.5, RangeError, /integer/],
  ['size', NaN, RangeError, /integer/],
  ...wrongTypes('expiry', /number|ms|milliseconds/, 'number'),
  ['expiry', 0, RangeError, /Infinity/],
  ['expiry', -1, RangeError, /Infinity/],
  ['expiry', NaN, RangeError, /Infinity/],
  ['expiry', TOO_LONG, RangeError, /Infinity/],
  ...wrongTypes('disablePurge', /boolean/, 'boolean'),
  ...wrongTypes('preAlloc', /boolean/, 'boolean'),
  ...wrongTypes('nonblocking', /boolean/, 'boolean'),
  ...wrongTypes('maxBlockingTasks', /integer/, 'number'),
  ['maxBlockingTasks', -1, RangeError, /integer/],
  ['maxBlockingTasks', 1.5, RangeError, /integer/],
  ['maxBlockingTasks', NaN, RangeError, /integer/],
  ['maxBlockingTasks', Infinity, RangeError, /integer/],
  ...wrongTypes('panicHandler', /function/, 'function'),
  ...wrongTypes('logger', /debug|info|warn|error/, 'object'),
  ['logger', anObject, TypeError, /debug|info|warn|error/],
  ['logger', { debug: aFunction, info: aFunction, warn: aFunction, error: 'no' }, TypeError, /error/],
  ...wrongTypes('signal', /AbortSignal/, 'object'),
  ['signal', anObject, TypeError, /AbortSignal/],
  ['signal', new AbortController(), TypeError, /AbortSignal/],
  ['signal', new EventTarget(), TypeError, /AbortSignal/],
  ...wrongTypes('init', /function/, 'function'),
  ...wrongTypes('dispose', /function/, 'function'),
  ...wrongTypes('isBroken', /function/, 'function'),
  ...wrongTypes('disposeTimeout', /ms/, 'number'),
  ['disposeTimeout', 0, RangeError, /above 0/],
  ['disposeTimeout', TOO_LONG, RangeError, /2147483647/],
]

test('Pool.create refuses every bad option with an error that names option, value and what is allowed', (t) => {
  for (const [option, value, ErrorClass, allowed] of badPoolOptions) {
    const title = `${option}: ${typeof value} ${String(value)}`
    const error = t.throws(() => Pool.create({ [option]: value } as never), { code: 'ERR_POOL_OPTION' }, title)
    t.is(error.constructor, ErrorClass, title)
    t.true(error.message.includes(option), `${title}: ${error.message}`)
    t.true(mentions(error.message, value), `${title}: ${error.message}`)
    t.regex(error.message, allowed, title)
  }
})

const badSubmitOptions: Bad[] = [
  ...wrongTypes('signal', /AbortSignal/, 'object'),
  ['signal', anObject, TypeError, /AbortSignal/],
  ...wrongTypes('waitTimeout', /number|ms|milliseconds/, 'number'),
  ['waitTimeout', -1, RangeError, /0|ms/],
  ['waitTimeout', NaN, RangeError, /0|ms/],
  ['waitTimeout', Infinity, RangeError, /0|ms/],
  ['waitTimeout', TOO_LONG, RangeError, /0|ms/],
  ...wrongTypes('timeout', /number|ms|milliseconds/, 'number'),
  ['timeout', 0, RangeError, /0|ms/],
  ['timeout', -1, RangeError, /0|ms/],
  ['timeout', NaN, RangeError, /0|ms/],
  ['timeout', Infinity, RangeError, /0|ms/],
  ['timeout', TOO_LONG, RangeError, /0|ms/],
  ...wrongTypes('priority', /high/, 'number').filter(([, value]) => typeof value !== 'string'),
  ['priority', -1, RangeError, /integer/],
  ['priority', 1.5, RangeError, /integer/],
  ['priority', NaN, RangeError, /integer/],
  ['priority', Infinity, RangeError, /integer/],
]

test('submit rejects every bad option; execute and tryExecute throw it; nothing changes', async (t) => {
  const pool = Pool.create({ size: 1 })
  const before = pool.stats()
  for (const [option, value, ErrorClass, allowed] of badSubmitOptions) {
    const title = `${option}: ${typeof value} ${String(value)}`
    const options = { [option]: value } as never
    const error = await rejection(pool.submit(() => t.fail('it ran'), options))
    t.is(error.code, 'ERR_POOL_OPTION', title)
    t.is(error.constructor, ErrorClass, title)
    t.true(error.message.includes(option), `${title}: ${error.message}`)
    t.true(mentions(error.message, value), `${title}: ${error.message}`)
    t.regex(error.message, allowed, title)
    t.throws(() => pool.execute(() => t.fail('it ran'), options), { code: 'ERR_POOL_OPTION' }, title)
    t.throws(() => pool.tryExecute(() => t.fail('it ran'), options), { code: 'ERR_POOL_OPTION' }, title)
  }
  t.deepEqual(pool.stats(), before)
})

test("a priority that is no word is refused, and 'high', 'normal' and 'low' are named", async (t) => {
  const pool = Pool.create()
  for (const priority of ['urgent', 'High', '', '1', 'constructor', '__proto__']) {
    const error = await rejection(pool.submit(() => t.fail('it ran'), { priority: priority as never }))
    t.is(error.code, 'ERR_POOL_OPTION', priority)
    t.regex(error.message, /priority.*high.*normal.*low/s)
    t.true(error.message.includes(priority))
  }
})

test('a task that is no function is refused', async (t) => {
  const pool = Pool.create()
  for (const task of [undefined, null, 5, 'text', {}, Promise.resolve()]) {
    const error = await rejection(pool.submit(task as never))
    t.true(error instanceof TypeError)
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, /function/)
    t.throws(() => pool.execute(task as never), { instanceOf: TypeError, code: 'ERR_POOL_OPTION' })
    t.throws(() => pool.tryExecute(task as never), { instanceOf: TypeError, code: 'ERR_POOL_OPTION' })
  }
  t.is(pool.stats().submitted, 0)
})

test('options that are no object are refused', async (t) => {
  const pool = Pool.create()
  for (const options of [null, 5, 'text', true] as never[]) {
    t.throws(() => Pool.create(options), { instanceOf: TypeError, code: 'ERR_POOL_OPTION' })
    for (const promise of [pool.submit(() => t.fail('it ran'), options), pool.close(options)]) {
      const error = await rejection(promise)
      t.true(error instanceof TypeError)
      t.is(error.code, 'ERR_POOL_OPTION')
    }
  }
  t.false(pool.isClosed)
})

test('unknown options are refused by name', async (t) => {
  t.throws(() => Pool.create({ concurency: 4 } as never), { code: 'ERR_POOL_OPTION', message: /concurency/ })
  t.throws(() => Pool.create({ concurency: undefined, size: 1 } as never), { code: 'ERR_POOL_OPTION' })
  const pool = Pool.create()
  for (const promise of [
    pool.submit(() => t.fail('it ran'), { retries: 1 } as never),
    pool.close({ retries: 1 } as never),
  ]) {
    const error = await rejection(promise)
    t.is(error.code, 'ERR_POOL_OPTION')
    t.true(error instanceof TypeError)
    t.regex(error.message, /retries/)
  }
  t.throws(() => pool.execute(() => t.fail('it ran'), { retries: 1 } as never), { code: 'ERR_POOL_OPTION' })
  t.false(pool.isClosed)
})

test('filename is refused with the advice to use ThreadPool.create', (t) => {
  const error = t.throws(() => Pool.create({ filename: '/task.js' } as never), { code: 'ERR_POOL_OPTION' })
  t.regex(error.message, /filename/)
  t.regex(error.message, /use ThreadPool\.create/)
})

test('undefined is absent', async (t) => {
  const nothing = {
    name: undefined,
    size: undefined,
    expiry: undefined,
    disablePurge: undefined,
    preAlloc: undefined,
    nonblocking: undefined,
    maxBlockingTasks: undefined,
    panicHandler: undefined,
    logger: undefined,
    signal: undefined,
    init: undefined,
    dispose: undefined,
    isBroken: undefined,
  }
  for (const pool of [Pool.create(nothing), Pool.create(undefined), Pool.create(), Pool.create({})]) {
    t.is(pool.capacity, 256)
    const none = { signal: undefined, waitTimeout: undefined, timeout: undefined, priority: undefined }
    t.is(await pool.submit(() => 1, none), 1)
    t.is(await pool.submit(() => 2, undefined), 2)
    await pool.close({ timeout: undefined, signal: undefined })
  }
})

test('options are read from own properties only', async (t) => {
  const inherited = Object.create({ size: 0, expiry: 'never', unknown: 1, nonblocking: true })
  const pool = Pool.create(inherited)
  t.is(pool.capacity, 256)
  pool.tune(1)
  const { finish } = occupy(pool, 1)
  const waiting = pool.submit(() => 'ran', Object.create({ waitTimeout: 0, priority: 'none', other: 1 }))
  t.is(pool.waiting, 1)
  await finish()
  t.is(await waiting, 'ran')
  await pool.close(Object.create({ timeout: -1, unknown: 1 }))
})

test('an options object without a prototype is read', (t) => {
  const options = Object.assign(Object.create(null), { size: 3 })
  t.is(Pool.create(options).capacity, 3)
})

test('changing an options object after create changes nothing', async (t) => {
  const options = { size: 1, nonblocking: false }
  const pool = Pool.create(options)
  options.size = 5
  options.nonblocking = true
  const { finish } = occupy(pool, 2)
  t.deepEqual([pool.capacity, pool.waiting], [1, 1])
  await finish()
})

test('preAlloc does not go with an unbounded pool', (t) => {
  for (const size of [Infinity, -1]) {
    t.throws(() => Pool.create({ preAlloc: true, size }), { code: 'ERR_POOL_OPTION', message: /preAlloc/ })
  }
  t.is(Pool.create({ preAlloc: false, size: Infinity }).capacity, Infinity)
  t.is(Pool.create({ preAlloc: true }).capacity, 256)
})

test('the bounds themselves are allowed', async (t) => {
  for (const options of [
    { size: 1 },
    { expiry: 0.001 },
    { expiry: TOO_LONG - 1 },
    { expiry: Infinity },
    { maxBlockingTasks: 0 },
    { maxBlockingTasks: 1_000_000 },
    { nonblocking: true, maxBlockingTasks: 5 },
    { disablePurge: true, expiry: 5 },
    { logger: console },
    { logger: new Recorder() },
    { signal: new AbortController().signal },
  ]) {
    const pool = Pool.create(options)
    t.is(await pool.submit(() => 'ran'), 'ran')
    await pool.close({ timeout: TOO_LONG - 1 })
  }
  const pool = Pool.create()
  for (const options of [
    { waitTimeout: 0 },
    { waitTimeout: 0.5 },
    { waitTimeout: TOO_LONG - 1 },
    { timeout: 0.5 },
    { timeout: TOO_LONG - 1 },
    { priority: 0 },
    { priority: -0 },
  ]) {
    t.is(await pool.submit(() => 'ran', options), 'ran')
  }
  await pool.releaseTimeout(TOO_LONG - 1)
})

test('tune refuses what size refuses, and changes nothing', async (t) => {
  const pool = Pool.create({ size: 3 })
  const { finish } = occupy(pool, 4)
  const before = pool.stats()
  for (const size of [0, -2, 1.5, NaN, -Infinity]) {
    const error = t.throws(() => pool.tune(size), { instanceOf: RangeError, code: 'ERR_POOL_OPTION' }, String(size))
    t.true(error.message.includes('size') && error.message.includes(String(size)), error.message)
    t.regex(error.message, /integer/)
  }
  for (const size of [undefined, null, '4', true, {}] as never[]) {
    t.throws(() => pool.tune(size), { instanceOf: TypeError, code: 'ERR_POOL_OPTION' }, String(size))
  }
  t.deepEqual(pool.stats(), before)
  await finish()
})

test('releaseTimeout and close refuse bad times and signals by rejecting, and change nothing', async (t) => {
  const pool = Pool.create({ size: 1 })
  for (const ms of [-1, NaN, Infinity, TOO_LONG]) {
    for (const promise of [pool.releaseTimeout(ms), pool.close({ timeout: ms })]) {
      const error = await rejection(promise)
      t.true(error instanceof RangeError, String(ms))
      t.is(error.code, 'ERR_POOL_OPTION')
      t.true(error.message.includes(String(ms)), error.message)
    }
  }
  for (const ms of [null, '5', true, {}] as never[]) {
    for (const promise of [pool.releaseTimeout(ms), pool.close({ timeout: ms })]) {
      const error = await rejection(promise)
      t.true(error instanceof TypeError, String(ms))
      t.is(error.code, 'ERR_POOL_OPTION')
    }
  }
  t.is((await rejection(pool.releaseTimeout(undefined as never))).code, 'ERR_POOL_OPTION')
  for (const signal of [null, {}, new AbortController()] as never[]) {
    const error = await rejection(pool.close({ signal }))
    t.true(error instanceof TypeError)
    t.regex(error.message, /signal.*AbortSignal/s)
  }
  t.false(pool.isClosed)
  t.is(await pool.submit(() => 'open'), 'open')
})

test('order of checks: arguments, aborted signal, closed, overload', async (t) => {
  const reason = new Error('aborted before')
  const signal = AbortSignal.abort(reason)
  const pool = Pool.create({ size: 1, nonblocking: true })
  const { finish } = occupy(pool, 1)

  t.true((await rejection(pool.submit(() => 0))) instanceof PoolOverloadError)
  t.is(await rejection(pool.submit(() => 0, { signal })), reason)
  t.is((await rejection(pool.submit(() => 0, { signal, timeout: -1 }))).code, 'ERR_POOL_OPTION')
  t.is((await rejection(pool.submit(0 as never, { signal }))).code, 'ERR_POOL_OPTION')

  pool.release()
  t.true((await rejection(pool.submit(() => 0))) instanceof PoolClosedError)
  t.is(await rejection(pool.submit(() => 0, { signal })), reason)
  t.is((await rejection(pool.submit(() => 0, { priority: -1 }))).code, 'ERR_POOL_OPTION')
  t.throws(() => pool.execute(() => 0, { priority: -1 }), { code: 'ERR_POOL_OPTION' })
  t.throws(() => pool.execute(() => 0, { signal }), { is: reason })
  await finish()
})

test('what returns a promise never throws', async (t) => {
  const pool = Pool.create()
  const promises: Promise<unknown>[] = []
  t.notThrows(() => {
    promises.push(
      pool.submit(null as never),
      pool.submit(() => 0, 5 as never),
      pool.releaseTimeout('soon' as never),
      pool.close({ timeout: 'soon' as never }),
    )
    pool.release()
    promises.push(pool.submit(() => 0))
  })
  for (const promise of promises) await rejection(promise)
})

test('an options object whose getter throws: submit rejects with that error', async (t) => {
  const pool = Pool.create()
  const error = new Error('from the getter')
  const options = {
    get priority(): number {
      throw error
    },
  }
  t.is(await rejection(pool.submit(() => t.fail('it ran'), options)), error)
  t.throws(() => pool.execute(() => t.fail('it ran'), options), { is: error })
  t.is(pool.stats().submitted, 0)
})

test('methods of a logger are called as methods, from wherever they are inherited', async (t) => {
  const logger: Logger = new Recorder()
  const pool = Pool.create({ size: 1, logger })
  pool.execute(() => {
    throw new Error('logged')
  })
  t.is((logger as Recorder).at('error').length, 1)
})

test('names are labels: two pools may bear one', async (t) => {
  const pools = [Pool.create({ name: 'twin', size: 1 }), Pool.create({ name: 'twin', size: 2 })]
  const end = gate()
  const tasks = pools.map((pool) => pool.submit(() => end.promise))
  t.deepEqual(
    pools.map(({ capacity, busy }) => [capacity, busy]),
    [
      [1, 1],
      [2, 1],
    ],
  )
  end.open()
  await Promise.all(tasks)
})
