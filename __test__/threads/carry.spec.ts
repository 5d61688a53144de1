// What goes along with tasks from their callers to their threads (`carry`).
import { AsyncLocalStorage } from 'node:async_hooks'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { MultiPool, ThreadPool } from 'workpool'

import { Remote } from '../support/remote.js'
import { rejection, until } from '../support/until.js'

const fixture = (name: string) => pathToFileURL(join(process.cwd(), '__test__', 'fixtures', name))
const filename = fixture('inside-tasks.mjs').href
type Functions = Record<string, (...args: any[]) => any>
type Options = Partial<Parameters<typeof ThreadPool.create>[0]>

function create(options: Options = {}) {
  const flags = new Int32Array(new SharedArrayBuffer(32))
  const pool = ThreadPool.create<Functions>({ filename, size: 1, workerData: flags, ...options })
  return { pool, flags }
}
/** A carrier of the fixture `carrier-…`. */
const carrier = (name: string, capture: () => unknown) => ({ capture, module: fixture(`carrier-${name}.mjs`) })

test.serial('the store of an AsyncLocalStorage goes along, and stays with its task over awaits', async (t) => {
  const storage = new AsyncLocalStorage<unknown>()
  const carry = [carrier('context', () => storage.getStore())]
  const { pool } = create({ filename: fixture('context-tasks.mjs').href, carry, concurrency: 4 })
  const stores = ['a', { b: 1 }, 3, 'd', 'e']
  const seen = await Promise.all(stores.map((store) => storage.run(store, () => pool.run())))
  t.deepEqual(
    seen,
    stores.map((store) => [store, store]),
  )
  t.deepEqual(await pool.run(), [undefined, undefined])
  await pool.close()
})

test.serial('the context of a stream is there for every chunk, whatever has asked for it', async (t) => {
  const storage = new AsyncLocalStorage<unknown>()
  const carry = [carrier('context', () => storage.getStore())]
  const { pool } = create({ filename: fixture('context-tasks.mjs').href, carry, concurrency: 4 })
  for (const name of ['chunks', 'chunksLater']) {
    const read = async (store: unknown) => {
      const chunks: unknown[] = []
      const stream = pool.stream(50, { name, highWaterMark: 2 })[Symbol.asyncIterator]()
      for (;;) {
        const { done, value } = await storage.run(store, () => stream.next())
        if (done) return chunks
        chunks.push(value)
      }
    }
    const seen = await Promise.all(['a', 'b', undefined].map(read))
    t.deepEqual(seen, [Array(50).fill('a'), Array(50).fill('b'), Array(50).fill(undefined)], name)
  }
  await pool.close()
})

test.serial(
  'several carriers stand around the function in their order, and one that has nothing is left out',
  async (t) => {
    let [one, two]: unknown[] = ['first', { second: [2] }]
    const { pool } = create({ carry: [carrier('one', () => one), carrier('two', () => two)] })
    const places = async () => (await pool.tasks.carried!(1)).places
    t.deepEqual(await pool.tasks.carried!('value'), {
      value: 'value',
      places: [
        ['one', 'first'],
        ['two', { second: [2] }],
      ],
      task: 'carried',
    })
    one = undefined
    t.deepEqual(await places(), [['two', { second: [2] }]])
    two = undefined
    t.deepEqual(await places(), [])
    one = null
    t.deepEqual(await places(), [['one', null]])
    await pool.close()
  },
)

test.serial('capture runs in the call, once for each task, by whatever verb it comes', async (t) => {
  let count = 0
  const { pool } = create({ carry: [carrier('one', () => ++count)] })
  const last = ({ places }: any) => places[0][1]
  t.is(last(await pool.run('run', { name: 'carried' })), 1)
  t.is(last(pool.runSync('runSync', { name: 'carried' })), 2)
  t.is(last(await pool.with({ priority: 'high' }).tasks.carried!('with')), 3)
  t.deepEqual((await pool.runAll([1, 2, 3], { name: 'carried' })).map(last), [4, 5, 6])
  const mapped: unknown[] = []
  for await (const result of pool.map([1, 2, 3], { name: 'carried' })) mapped.push(last(result))
  t.deepEqual(mapped, [7, 8, 9])
  t.is(last(await MultiPool.of([pool]).run('multi', { name: 'carried' })), 10)
  t.deepEqual(await pool.tasks.carriedOf!(1, 2), { values: [1, 2], places: [['one', 11]] })
  await pool.close()
})

test.serial('what is carried goes along however the argument goes', async (t) => {
  const { pool } = create({ carry: [carrier('one', () => new Map([['some', 'thing']]))] })
  const place = [['one', new Map([['some', 'thing']])]]
  const bytes = new Uint8Array(100_000).fill(3)
  const run = async (argument: unknown, options = {}) => pool.run(argument, { name: 'carried', ...options })
  for (const argument of [bytes, new Map([[1, 2]]), 'text'.repeat(100_000), undefined]) {
    t.deepEqual(await run(argument), { value: argument, places: place, task: 'carried' })
  }
  const moved = new Uint8Array(1_000).fill(4)
  const { value, places } = (await run(moved, { transfer: [moved.buffer] })) as any
  t.deepEqual([value, places, moved.length], [new Uint8Array(1_000).fill(4), place, 0])
  const shared = new Int32Array(new SharedArrayBuffer(4))
  t.true(((await run(shared)) as any).value.buffer instanceof SharedArrayBuffer)
  // The pool has no number for so many names before a thread has loaded.
  const { pool: early } = create({ carry: [carrier('one', () => 'early')] })
  const calls = Array.from({ length: 40 }, (_, i) => rejection(early.run(1, { name: `nothing ${i}` })))
  t.deepEqual((await early.tasks.carriedOf!('x')).places, [['one', 'early']])
  for (const call of calls) t.is((await call).code, 'ERR_POOL_OPTION')
  await Promise.all([pool.close(), early.close()])
})

test.serial('a task for which nobody has anything goes the way of one in a pool without carriers', async (t) => {
  let carried: unknown
  const { pool: bare } = create()
  const { pool } = create({ carry: [carrier('one', () => carried), carrier('two', () => undefined)] })
  const way = (own: typeof pool) => own.run(1, { name: 'trace' })
  const wayOfBatch = (own: typeof pool) => own.runAll([1, 2], { name: 'trace' })
  const short = [await way(bare), await wayOfBatch(bare)]
  t.deepEqual([await way(pool), await wayOfBatch(pool)], short)
  carried = 'something'
  t.notDeepEqual(await way(pool), short[0])
  t.notDeepEqual(await wayOfBatch(pool), short[1])
  await Promise.all([bare.close(), pool.close()])
})

test.serial('if capture throws the task rejects with that, and a batch as a whole', async (t) => {
  const error = new Error('no context')
  let calls = 0
  const capture = () => {
    if (++calls % 2 === 0) throw error
    return calls
  }
  const { pool } = create({ carry: [carrier('one', capture)] })
  t.truthy(await pool.run(1, { name: 'carried' }))
  t.is(await rejection(pool.run(1, { name: 'carried' })), error)
  t.truthy(pool.runSync(1, { name: 'carried' }))
  t.is(
    t.throws(() => pool.runSync(1, { name: 'carried' })),
    error,
  )
  t.is(await rejection(pool.runAll([1, 2, 3], { name: 'carried' })), error)
  const { submitted, completed, unsettled } = pool.stats()
  t.deepEqual([submitted, completed, unsettled], [2, 2, 0])
  pool.pause()
  calls = 1
  await t.throwsAsync(create({ carry: [carrier('one', capture)], nonblocking: true }).pool.run(1), { is: error })
  pool.release()
  calls = 1
  await t.throwsAsync(pool.run(1, { name: 'carried' }), { code: 'ERR_POOL_CLOSED' })
  await pool.close()
})

test.serial('what cannot be cloned of what is carried rejects as an argument does', async (t) => {
  const { pool } = create({ carry: [carrier('one', () => () => {})] })
  for (const run of [pool.run(1, { name: 'carried' }), pool.runAll([1], { name: 'carried' })])
    t.is((await rejection(run)).name, 'DataCloneError')
  t.is(pool.stats().submitted, 0)
  await pool.close()
})

test.serial('a carrier that cannot be loaded is a failed start', async (t) => {
  for (const [module, cause] of [
    [fixture('not-there.mjs'), /not-there/],
    [fixture('broken-throw.mjs'), /broken on purpose/],
    [fixture('carrier-without-enter.mjs'), /exports no function enter/],
  ] as const) {
    const { pool } = create({ carry: [{ capture: () => undefined, module }] })
    const error = await rejection(pool.run(1))
    t.is(error.code, 'ERR_POOL_WORKER_START')
    t.regex(error.cause.message, cause)
    await pool.close()
  }
})

test.serial('the function alone says what its task gives; a carrier that fails fails the task', async (t) => {
  let way = ''
  const { pool } = create({ carry: [carrier('odd', () => way)] })
  const by = (next: string, name = 'carried', argument: unknown = 'value') => {
    way = next
    return pool.run(argument, { name })
  }
  for (const next of ['other', 'otherAsync', 'later', 'swallows', 'swallowsAsync']) {
    t.is(((await by(next)) as any).value, 'value', next)
    t.is(((await by(next, 'carriedLater')) as any).value, 'value', next)
    for (const name of ['fails', 'failsLater'])
      t.is((await rejection(by(next, name, `${next} ${name}`))).message, `${next} ${name}`)
  }
  for (const [next, message] of [
    ['throwsAfter', /^after$/],
    ['rejectsAfter', /^after$/],
    ['rejectsBefore', /^before$/],
    ['never', /has not called the function/],
    ['neverAsync', /has not called the function/],
    ['twice', /calls the function once/],
  ] as const) {
    t.regex((await rejection(by(next))).message, message, next)
    t.regex((await rejection(by(next, 'carriedLater'))).message, message, next)
  }
  // A function that fails beside its carrier leaves no rejection behind that would end the thread.
  t.regex((await rejection(by('rejectsAfter', 'failsLater', 'function'))).message, /^after$/)
  t.is(((await by('other')) as any).value, 'value')
  t.is(pool.stats().workers.started, 1)
  await pool.close()
})

test.serial('an enter that throws fails its task, and only that', async (t) => {
  let carried: unknown = { throws: 'no way in' }
  const { pool } = create({ carry: [carrier('one', () => carried)] })
  await t.throwsAsync(pool.run(1, { name: 'carried' }), { instanceOf: RangeError, message: 'no way in' })
  carried = 'fine'
  t.deepEqual((await pool.tasks.carried!(1)).places, [['one', 'fine']])
  await pool.close()
})

test.serial('a task that is aborted while its carrier waits sees that from its beginning', async (t) => {
  const { pool, flags } = create({ carry: [carrier('odd', () => 'gated')], grace: 60_000 })
  const controller = new AbortController()
  const task = rejection(pool.run(0, { name: 'loops', signal: controller.signal }))
  await until(() => Atomics.load(flags, 2) === 1, 'the carrier waits')
  controller.abort(new Error('enough'))
  t.is((await task).message, 'enough')
  Atomics.store(flags, 3, 1)
  await until(() => Atomics.load(flags, 1) !== 0, 'the function has ended')
  t.is(pool.stats().workers.started, 1)
  await pool.destroy()
})

test.serial('guests of a shared pool carry, too, and have to name the same modules', async (t) => {
  const name = 'carried guests'
  const { pool } = create({ name, shared: true, carry: [carrier('one', () => 'owner')] })
  const remote = await Remote.start()
  const seen = await remote.run(
    async ({ ThreadPool }, name, filename, module, other) => {
      const create = (options: object) => ThreadPool.create({ name, shared: true, filename, ...options })
      const refused = (carry: object[]): string => {
        try {
          create({ carry })
          return 'not refused'
        } catch (error: any) {
          return `${error.code}: ${error.message}`
        }
      }
      const capture = () => 'guest'
      const [carrying, silent] = [create({ carry: [{ capture, module }] }), create({})]
      return {
        carried: await carrying.run(new Map([[1, 2]]), { name: 'carried' }),
        silent: await silent.run(1, { name: 'carried' }),
        refused: [refused([]), refused([{ capture, module: other }])],
      }
    },
    name,
    filename,
    fixture('carrier-one.mjs').href,
    fixture('carrier-two.mjs').href,
  )
  t.deepEqual(seen.carried, { value: new Map([[1, 2]]), places: [['one', 'guest']], task: 'carried' })
  t.deepEqual(seen.silent, { value: 1, places: [], task: 'carried' })
  for (const refusal of seen.refused) t.regex(refusal, /^ERR_POOL_OPTION: carry is/)
  t.deepEqual((await pool.tasks.carried!(1)).places, [['one', 'owner']])
  await remote.terminate()
  await pool.close()
})

test.serial('bad carriers are refused at once', (t) => {
  const module = fixture('carrier-one.mjs')
  const capture = () => undefined
  for (const [carry, message] of [
    [{}, /carry must be an array of carriers/],
    [null, /carry must be an array/],
    [[null], /options of a carrier must be an object/],
    [[undefined], /carry\[0\] must be an object/],
    [[{ module }], /carry\[0\] has no capture/],
    [[{ capture, module }, { capture }], /carry\[1\] has no module/],
    [[{ capture: 1, module }], /capture must be a function/],
    [[{ capture, module: 1 }], /module must be an absolute path or a file: URL/],
    [[{ capture, module: 'carrier.js' }], /module must be an absolute path or a file: URL/],
    [[{ capture, module: new URL('https://example.org/carrier.js') }], /module must be an absolute path/],
    [[{ capture, module, enter: () => {} }], /enter/],
  ] as const) {
    t.throws(() => create({ carry } as any), { code: 'ERR_POOL_OPTION', message })
  }
})
