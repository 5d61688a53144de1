// What cannot be read back where it arrives fails one task: neither its neighbours, nor its thread, nor the isolate's pools (4.5).
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'
import { ThreadPool } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { child } from '../support/child.js'
import { Remote, type Scope } from '../support/remote.js'
import type { Functions } from '../support/threads.js'
import { until } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'unreadable-tasks.mjs')).href
const flags = () => new Int32Array(new SharedArrayBuffer(8))
/** More than an isolate's stack of the usual size can read, and less than a thread's can write. */
const LEVELS = 8_000

type Options = Partial<Parameters<typeof ThreadPool.create>[0]>

function threads(t: ExecutionContext, options: Options = {}): ThreadPool<Functions> {
  const pool = ThreadPool.create<Functions>({ filename, size: 1, ...options })
  t.teardown(async () => {
    await pool.destroy()
    const wrong = contradictions(pool.stats())
    if (wrong.length > 0) throw new Error(wrong.join('; '))
  })
  return pool
}

/** What a call came to, as text. */
const ended = (call: Promise<unknown>) =>
  call.then(
    (value) => `value ${String(value)}`,
    (error) => `error ${error.name}`,
  )
const TOO_DEEP = 'error RangeError'

for (const name of ['nested', 'nestedByPort']) {
  test(`a result too deep to be read (${name}) rejects its task, whoever is settled with it`, async (t) => {
    const all = flags()
    const pool = threads(t, { workerData: all })
    const other = threads(t)
    await Promise.all([pool.run(0, { name: 'identity' }), other.run(0, { name: 'identity' })])
    const calls = [
      pool.run(1, { name: 'identity' }),
      pool.run(LEVELS, { name }),
      pool.run(2, { name: 'identity' }),
      pool.run(LEVELS, { name }),
      pool.run(undefined, { name: 'raise' }),
    ].map(ended)
    const beside = ended(other.run(3, { name: 'identity' }))
    // So that they all are settled in one go.
    Atomics.wait(all, 0, 0, 10_000)
    t.deepEqual(await Promise.all(calls), ['value 1', TOO_DEEP, 'value 2', TOO_DEEP, 'value undefined'])
    t.is(await beside, 'value 3')
    for (let i = 0; i < 3; i++) t.is(await pool.run(i, { name: 'identity' }), i, 'the isolate is woken as before')
    await pool.drain()
    const { unsettled, workers } = pool.stats()
    t.is(unsettled, 0)
    t.is(workers.crashed, 0)
  })

  test(`a result too deep to be read (${name}) does not concern the runSync of another task`, async (t) => {
    const pool = threads(t)
    await pool.run(0, { name: 'identity' })
    const deep = ended(pool.run(LEVELS, { name }))
    t.is(pool.runSync(5, { name: 'identity' }), 5)
    t.is(await deep, TOO_DEEP)
    t.throws(() => pool.runSync(LEVELS, { name }), { name: 'RangeError' })
    t.is(pool.runSync(6, { name: 'identity' }), 6)
  })
}

test('an error arrives without what of it is too deep to be read', async (t) => {
  const pool = threads(t)
  const error = await t.throwsAsync(() => pool.run(LEVELS, { name: 'failNested' }))
  const { name, message, code, list, kept } = error as any
  t.deepEqual(
    { name, message, code, list, kept },
    { name: 'RangeError', message: 'too much', code: 'E_DEEP', list: undefined, kept: [1] },
  )
  await t.throwsAsync(() => pool.run(LEVELS, { name: 'throwNested' }), {
    message: /^a value that cannot be cloned: \{/,
  })
})

for (const [what, wrap] of [
  ['by itself', (list: unknown) => list],
  ['with what only a message port brings', (list: unknown) => ({ memory: new SharedArrayBuffer(8), list })],
] as const) {
  test(`an argument too deep for its thread (${what}) rejects its task, and the others of the thread go on`, async (t) => {
    const { nested } = await import(filename)
    // Less stack than the caller has.
    const pool = threads(t, { concurrency: 4, resourceLimits: { stackSizeMb: 0.5 } })
    const all = flags()
    const held = pool.run(all, { name: 'hold' })
    await until(() => all[1] === 1, 'it has begun')
    const calls = [1_500, 10, 1_600, 20].map((levels) => ended(pool.run(wrap(nested(levels)), { name: 'kind' })))
    t.deepEqual(await Promise.all(calls), [TOO_DEEP, 'value [object Object]', TOO_DEEP, 'value [object Object]'])
    await pool.run(all, { name: 'raise' })
    t.is(await held, 'held')
    const { workers, unsettled } = pool.stats()
    t.deepEqual(
      { crashed: workers.crashed, started: workers.started, unsettled },
      { crashed: 0, started: 1, unsettled: 0 },
    )
  })
}

test('an argument that is too deep to be read back at its caller rejects at once, and is not counted', async (t) => {
  const { nested } = await import(filename)
  const pool = threads(t)
  for (const list of [nested(100_000), { memory: new SharedArrayBuffer(8), list: nested(100_000) }]) {
    await t.throwsAsync(() => pool.run(list, { name: 'kind' }), { name: 'RangeError' })
  }
  t.is(pool.stats().submitted, 0)
  t.is(await pool.run(1, { name: 'identity' }), 1)
})

test('another isolate than the owner fares alike', async (t) => {
  const name = 'unreadable values of guests'
  const pool = threads(t, { name, shared: true, concurrency: 4 })
  const remote = await Remote.start()
  t.teardown(() => remote.terminate())
  const seen = await remote.run(
    async ({ ThreadPool }: Scope, name: string, filename: string) => {
      const pool = ThreadPool.create<Record<string, (...args: any[]) => any>>({ name, shared: true, filename })
      const { nested } = await import(filename)
      const ended = (call: Promise<unknown>) =>
        call.then(
          (value) => `value ${String(value)}`,
          (error) => `error ${error.name}`,
        )
      const calls = [
        pool.run(1, { name: 'identity' }),
        pool.run(nested(10_000), { name: 'kind' }),
        pool.run(10_000, { name: 'nested' }),
        pool.run(2, { name: 'identity' }),
        pool.run(0, { name: 'failOwnCause' }).catch((error: any) => `${error.message} ${error.cause === error}`),
      ].map(ended)
      return Promise.all(calls)
    },
    name,
    filename,
  )
  t.deepEqual(seen, ['value 1', TOO_DEEP, TOO_DEEP, 'value 2', 'value mine true'])
  t.is(pool.stats().workers.crashed, 0)
  t.is(await pool.run(3, { name: 'identity' }), 3)
})

test('an error that is its own cause arrives, or rejects as with structuredClone, in both directions', async (t) => {
  const pool = threads(t, { concurrency: 2 })
  const mine = new Error('mine')
  mine.cause = mine
  let should = 'value true'
  try {
    structuredClone(mine)
  } catch {
    should = 'error Error'
  }
  const all = flags()
  const held = pool.run(all, { name: 'hold' })
  const isOwn = (call: Promise<any>) => ended(call.then((error) => error.cause === error))
  t.is(await isOwn(pool.run(undefined, { name: 'ownCause' })), should)
  t.is(await isOwn(pool.run(mine, { name: 'identity' })), should)
  t.is(
    await isOwn(pool.run({ mine, memory: new SharedArrayBuffer(8) }, { name: 'identity' }).then(({ mine }) => mine)),
    should,
  )
  await t.throwsAsync(() => pool.run(undefined, { name: 'failOwnCause' }), { message: 'mine' })
  await pool.run(all, { name: 'raise' })
  t.is(await held, 'held')
  t.is(pool.stats().workers.crashed, 0)
})

test.serial('a runSync for which there is not enough stack throws before anything has begun', async (t) => {
  const pool = threads(t)
  pool.runSync(0, { name: 'identity' })
  let overflows = 0
  const descend = (): void => {
    try {
      descend()
    } catch {
      // From here on there is a little more stack at each level.
    }
    if (overflows > 200) return
    overflows++
    try {
      pool.runSync(1, { name: 'identity' })
    } catch (error) {
      t.true(error instanceof RangeError)
    }
  }
  descend()
  t.is(pool.stats().unsettled, 0)
  t.is(pool.runSync(2, { name: 'identity' }), 2)
})

test('a global that is replaced by something that throws harms no task but those that need it', async (t) => {
  const { stdout, stderr, code, hung } = await child('patched-globals', { deadlineMs: 30_000 })
  t.is(stderr, '')
  t.deepEqual(stdout.trim().split('\n'), [
    'structuredClone whole harmless',
    'Error.prepareStackTrace whole harmless',
    'Date whole harmless',
    'Map whole harmless',
    'Set whole harmless',
    'Uint8Array whole harmless',
    // As where there is no memory for the result.
    'Buffer.allocUnsafeSlow Buffer.allocUnsafeSlow is broken harmless',
    'Object.defineProperty Object.defineProperty is broken harmless',
    'Promise.prototype.catch whole harmless',
  ])
  t.is(code, 0)
  t.false(hung)
})
