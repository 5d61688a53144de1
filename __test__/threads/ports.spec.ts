// Values that only a message port brings, and what they leave behind (5).
import { createHook } from 'node:async_hooks'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { MessageChannel } from 'node:worker_threads'

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { ThreadPool } from 'workpool'

import { Verdict } from '../../src/wire/payload/index.js'
import { survey } from '../../src/wire/rare.js'
import { identical } from '../support/identical.js'
import { Remote, type Scope } from '../support/remote.js'
import type { Functions } from '../support/threads.js'
import { rejection, until } from '../support/until.js'
import { anything } from '../support/values.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'port-tasks.mjs')).href

const collect = global.gc!
const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

for (const [how, options] of [
  ['aborted', {}],
  ['timed out', { timeout: 100 }],
] as const) {
  test.serial(`a result that is sent while its task is ${how} is kept by nobody`, async (t) => {
    t.timeout(30_000)
    const flags = new Int32Array(new SharedArrayBuffer(4))
    const pool = ThreadPool.create<Functions>({ filename, size: 1, workerData: flags, grace: 60_000 })
    /** So many results that were being sent when their task settled. */
    const late = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count;) {
        const controller = new AbortController()
        const { signal } = controller
        let hasSettled = false
        const failed = rejection(pool.run(undefined, { name: 'late', ...(how === 'aborted' ? { signal } : options) }))
        void failed.then(() => (hasSettled = true))
        // On a busy machine the time may be up before.
        await until(() => Atomics.load(flags, 0) === 1 || hasSettled, 'it is being sent')
        if (!hasSettled) sent++
        if (how === 'aborted') controller.abort()
        await failed
        Atomics.store(flags, 0, 2)
        Atomics.notify(flags, 0)
        await pool.drain()
        Atomics.store(flags, 0, 0)
      }
    }
    await late(2)
    await pool.run(0, { name: 'identity' })
    const before = heap()
    await late(8)
    t.is(await pool.run(0, { name: 'identity' }), 0)
    const grown = heap() - before
    t.true(grown < 4, `${grown.toFixed(1)} MB more`)
    await pool.destroy()
  })
}

test('a result that cannot even be asked what it is rejects its task, and its thread goes on', async (t) => {
  const pool = ThreadPool.create<Functions>({ filename, size: 1 })
  for (const name of ['hostile', 'hostileAsync']) {
    t.regex((await rejection(pool.run(undefined, { name }))).message, /asked|could not be cloned/)
  }
  t.is(await pool.run(1, { name: 'identity' }), 1)
  t.is(pool.stats().workers.crashed, 0)
  await pool.destroy()
})

class Point {
  constructor(
    readonly x: number,
    readonly rest: unknown,
  ) {}
}

test.serial('tasks that wait hold no message port, whatever their argument is, and bring it whole', async (t) => {
  const pool = ThreadPool.create<Functions>({ filename, size: 1 })
  const shared = new SharedArrayBuffer(8)
  const values = [
    new Map([[1, { a: new Set(['b']) }]]),
    new Point(1, new Map([[/x/g, new Date(5)]])),
    { memory: shared, map: new Map([[1, 2]]) },
    Object.assign([1], { 2: 3, extra: new Error('why', { cause: new Map() }) }),
  ]
  let ports = 0
  const hook = createHook({ init: (_id, type) => void (ports += Number(type === 'MESSAGEPORT')) })
  await pool.run(0, { name: 'identity' })
  hook.enable()
  const calls = Array.from({ length: 400 }, (_, i) => pool.run(values[i % values.length], { name: 'identity' }))
  const made = ports
  const arrived: any[] = await Promise.all(calls)
  hook.disable()
  t.is(made, 0)
  t.is(ports, 0)
  for (const [i, value] of arrived.slice(0, 3).entries())
    t.true(identical(structuredClone(values[i]), value), `value ${i}`)
  t.is(arrived[2].memory.byteLength, 8)
  t.deepEqual([arrived[3].extra.message, 1 in arrived[3]], ['why', false])
  await pool.destroy()
})

test('what is moved arrives, and a port on the list is closed if the task never runs', async (t) => {
  const pool = ThreadPool.create<Functions>({ filename, size: 1 })
  const bytes = new Uint8Array([1, 2, 3])
  const back = await pool.run(new Map([['bytes', bytes]]), { name: 'identity', transfer: [bytes.buffer] })
  t.deepEqual([...back.get('bytes')], [1, 2, 3])
  t.is(bytes.byteLength, 0)
  const { port1, port2 } = new MessageChannel()
  port1.ref()
  const closed = new Promise((resolve) => port1.on('close', resolve))
  await pool.close()
  await rejection(pool.run({ port2 }, { name: 'identity', transfer: [port2] }))
  pool.reboot()
  const waiting = pool.run({ port2 }, { name: 'identity', transfer: [port2] }).catch(() => {})
  pool.release()
  await waiting
  await closed
  t.pass()
})

/** Whether there is memory in it that is shared, which only an owner of a pool can send. */
function hasMemory(value: unknown, met = new Set<unknown>()): boolean {
  if (typeof value !== 'object' || value === null || met.has(value)) return false
  met.add(value)
  if (ArrayBuffer.isView(value)) return hasMemory(value.buffer, met)
  if (value instanceof SharedArrayBuffer) return true
  const parts: unknown[] = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : []
  return [...parts, ...Object.values(value), (value as Error).cause].some((part) => hasMemory(part, met))
}

/** A pool whose owner is another isolate. */
async function guest(t: ExecutionContext, name: string): Promise<ThreadPool<Functions>> {
  const owner = await Remote.start()
  t.teardown(() => owner.terminate())
  await owner.run(
    async ({ ThreadPool, kept }: Scope, name: string, filename: string) => {
      kept.pool = ThreadPool.create({ name, shared: true, filename, size: 1 })
    },
    name,
    filename,
  )
  return ThreadPool.create<Functions>({ name, shared: true, filename })
}

test('any values go between a guest and a thread as through structuredClone, or fail with the same error', async (t) => {
  t.timeout(60_000)
  const pool = await guest(t, 'values of a guest')
  const expected = (value: unknown): { clone: unknown } | { error: string } => {
    try {
      const clone = structuredClone(structuredClone(value))
      return hasMemory(clone) ? { error: 'DataCloneError' } : { clone }
    } catch (error) {
      return { error: (error as Error).name }
    }
  }
  await fc.assert(
    fc.asyncProperty(anything, async (value) => {
      const should = expected(value)
      const [end] = await Promise.allSettled([pool.run(value, { name: 'identity' })])
      if ('error' in should) return end.status === 'rejected' && end.reason?.name === should.error
      return end.status === 'fulfilled' && identical(should.clone, end.value)
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('an error arrives without what of it only a message port brings, where there is none', async (t) => {
  const pool = await guest(t, 'errors of a guest')
  const error: any = await rejection(pool.run(undefined, { name: 'failWithMemory' }))
  const { name, message, code, kept, memory } = error
  t.deepEqual(
    { name, message, code, kept, memory },
    { name: 'RangeError', message: 'mine', code: 'E_MINE', kept: [1], memory: undefined },
  )
  const own = ThreadPool.create<Functions>({ filename, size: 1 })
  t.is((await rejection(own.run(undefined, { name: 'failWithMemory' }))).memory.byteLength, 8)
  await own.destroy()
})

test('a signal aborts for whatever reason, as far as that can be sent, and with it all tasks that share it', async (t) => {
  const flags = new Int32Array(new SharedArrayBuffer(8))
  const pool = ThreadPool.create<Functions>({ filename, size: 1, concurrency: 3, workerData: flags, grace: 60_000 })
  const controller = new AbortController()
  const { signal } = controller
  const calls = Array.from({ length: 3 }, () => rejection(pool.run(undefined, { name: 'watch', signal })))
  await until(() => flags[0] === 1 && pool.stats().waiting === 0, 'they have begun')
  const reason = Object.assign(new Error('enough'), { kept: [1], memory: new SharedArrayBuffer(8) })
  controller.abort(reason)
  for (const call of calls) t.is(await call, reason)
  await pool.drain()
  t.is(flags[1], 1)
  t.is(pool.stats().workers.crashed, 0)
  await pool.destroy()
})

/** What `structuredClone` makes of what only Node knows: a plain object, or an error; else a guest must not get it at all. */
function forGuests(value: unknown): unknown {
  try {
    const clone = structuredClone(value)
    return Object.getPrototypeOf(clone) === Object.prototype ? clone : 'DataCloneError'
  } catch {
    return 'DataCloneError'
  }
}

test('what only a message port brings rejects between a guest and a thread, in both directions, and never arrives as another thing', async (t) => {
  const pool = await guest(t, 'kinds of a guest')
  const { kinds, make } = (await import(filename)) as { kinds: string[]; make: (kind: string) => unknown }
  const came = (call: Promise<unknown>) =>
    call.catch((error: any) => (error instanceof DOMException ? error.name : error))
  for (const kind of kinds) {
    const should = kind.startsWith('huge') ? 'DataCloneError' : forGuests(make(kind))
    const nested = typeof should === 'string' ? should : new Map([[1, should]])
    t.deepEqual(await came(pool.run(make(kind), { name: 'identity' })), should, `${kind} as an argument`)
    t.deepEqual(
      await came(pool.run(new Map([[1, make(kind)]]), { name: 'identity' })),
      nested,
      `${kind} in an argument`,
    )
    t.deepEqual(await came(pool.run(kind, { name: 'make' })), should, `${kind} as a result`)
  }
  t.is(await pool.run('still', { name: 'identity' }), 'still')
  t.is(pool.stats().workers.crashed, 0)
})

test('a DOMException in a value goes between a guest and a thread as through structuredClone', async (t) => {
  const pool = await guest(t, 'exceptions of a guest')
  const { exception, exceptions } = (await import(filename)) as Record<string, () => any>
  /** Exceptions with what is theirs by getters, and without where they were made. */
  const seen = (value: any): any => {
    const { name, message, code, stack } = value
    const isOne = value instanceof DOMException
    return {
      name,
      message,
      code,
      isOne,
      isNative: types.isNativeError(value),
      hasStack: isOne && stack.includes(message),
    }
  }
  for (const [there, back] of [
    [await pool.run(exception!(), { name: 'identity' }), await pool.run(undefined, { name: 'exception' })],
    [(await pool.run([exception!()], { name: 'identity' }))[0], await pool.run(undefined, { name: 'exception' })],
  ]) {
    const should = seen(structuredClone(exception!()))
    t.deepEqual([seen(there), seen(back)], [should, should])
  }
  const should = structuredClone(exceptions!())
  for (const list of [
    await pool.run(exceptions!(), { name: 'identity' }),
    await pool.run(undefined, { name: 'exceptions' }),
  ]) {
    const [a, both, map, error] = list
    t.deepEqual(Object.keys(list), ['0', '1', '2', '3', 'extra'])
    t.deepEqual(list.slice(0, 1).map(seen), should.slice(0, 1).map(seen))
    t.deepEqual([both.a === a, both.b === list.extra[0]], [true, true])
    t.deepEqual(
      [...map.keys()].map((key, i) => (i === 1 ? key === both.b : key)),
      ['before', true, 'after'],
    )
    t.is(map.get(both.b), a)
    const set = [...map.get('after')]
    t.deepEqual([set[0], set[2], seen(set[1])], [1, 2, seen([...should[2].get('after')][1])])
    t.deepEqual([error.name, error.cause === set[1]], ['TypeError', true])
  }
})

test('a survey runs no code of the owner of a value', (t) => {
  const values = [
    new Proxy(
      {},
      { getPrototypeOf: () => t.fail() as never, ownKeys: () => t.fail() as never, has: () => t.fail() as never },
    ),
    {
      get a() {
        return t.fail()
      },
    },
    [Object.defineProperty([], 0, { get: () => t.fail(), enumerable: true })],
    new Map([
      [
        1,
        new (class {
          get x() {
            return t.fail()
          }
        })(),
      ],
    ]),
    new (class extends Map {
      override forEach() {
        t.fail()
      }
      override get size() {
        return t.fail() as never
      }
    })(),
  ]
  const verdicts = values.map((value) => survey(value, Infinity))
  t.deepEqual(verdicts.slice(0, 4), [Verdict.other, Verdict.other, Verdict.other, Verdict.other])
  t.is(verdicts[4], Verdict.same)
})
