// Views of a pool (`with`) and the option `defaults`: options for every task.
import { getEventListeners } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import {
  MultiPool,
  Pool,
  PoolClosedError,
  TaskTimeoutError,
  ThreadPool,
  WaitTimeoutError,
  type PoolWith,
  type With,
} from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

type Any = Record<string, (...args: any[]) => any>
const code = 'ERR_POOL_OPTION'
const FILENAME = pathToFileURL(join(process.cwd(), '__test__/fixtures/tasks.mjs'))
const cells = () => new Int32Array(new SharedArrayBuffer(8))
const release = (all: Int32Array): void => {
  Atomics.store(all, 1, 1)
  Atomics.notify(all, 1)
}

/** Both have the same terms: what comes through a view, and through a pool with defaults. */
const KINDS = [
  ['a view', (options: object) => Pool.create({ size: 1 }).with(options as { key: string })],
  ['a pool with defaults', (options: object) => Pool.create({ size: 1, defaults: options })],
  ['a view of several pools', (options: object) => MultiPool.create({ pools: 1, size: 1 }).with(options as object)],
  ['several pools with defaults', (options: object) => MultiPool.create({ pools: 1, size: 1, defaults: options })],
] as const

for (const [what, make] of KINDS) {
  test(`${what} has its options for every verb, and the options of a call win`, async (t) => {
    const pool = make({ waitTimeout: 0 }) as unknown as PoolWith<void>
    t.is(await pool.submit(() => 1), 1)
    t.deepEqual(await pool.submitAll([() => 1]), [1])
    const occupied = occupy(pool, 1)
    t.true(WaitTimeoutError.is(await rejection(pool.submit(() => 1))))
    t.true(WaitTimeoutError.is(await rejection(pool.submit(() => 1, { timeout: 1_000 }))), 'and others are kept')
    t.true(WaitTimeoutError.is(await rejection(pool.submitAll([() => 1]))))
    t.true(WaitTimeoutError.is(await rejection(pool.wrap(() => 1)())))
    const future = pool.future(() => 1)
    t.true(WaitTimeoutError.is(await rejection(future.get())))
    t.is(future.state, 'refused')
    const group = pool.group({ mode: 'allSettled' })
    t.true(WaitTimeoutError.is(await rejection(group.submit(() => 1))))
    t.like(await group.join(), [{ status: 'rejected' }])
    t.true(WaitTimeoutError.is(await rejection(pool.map([1], (item) => item).next())))
    t.throws(() => pool.execute(() => 1), { instanceOf: WaitTimeoutError })
    t.false(pool.tryExecute(() => 1))
    const waits = pool.submit(() => 2, { waitTimeout: 10_000 })
    t.true(
      pool.tryExecute(() => 3, { waitTimeout: 10_000 }),
      'the option of the call wins',
    )
    await occupied.finish()
    t.is(await waits, 2)
  })
}

test('views nest: the inner one wins, and what it leaves out is that of the outer one', async (t) => {
  const pool = Pool.create({ size: 1 })
  const occupied = occupy(pool, 1)
  const order: string[] = []
  const low = pool.with({ priority: 'low', timeout: 1 })
  const high = low.with({ priority: 'high' })
  const all = [
    low.submit(() => void order.push('low')),
    high.submit(() => void order.push('high')),
    high.submit(() => void order.push('own'), { priority: 5 }),
  ]
  const late = high.submit(() => new Promise(() => {}), { priority: 9 })
  await occupied.finish()
  await Promise.all(all)
  t.deepEqual(order, ['high', 'low', 'own'])
  t.true(TaskTimeoutError.is(await rejection(late)), 'with the timeout of the outer one')
})

test('of the signals of a view, of a view of it and of a call each aborts', async (t) => {
  const [outer, inner, own] = [0, 1, 2].map(() => new AbortController()) as [
    AbortController,
    AbortController,
    AbortController,
  ]
  for (const [index, controller] of [outer, inner, own].entries()) {
    const pool = Pool.create({ size: 1 })
    const signals = index === 0 ? [outer, inner, own] : [inner, outer, own]
    const view = pool.with({ signal: signals[0]!.signal }).with({ signal: signals[1]!.signal })
    let seen: AbortSignal | undefined
    const running = view.submit(
      ({ signal }) => {
        seen = signal
        return new Promise(() => {})
      },
      { signal: own.signal },
    )
    const waiting = view.submit(() => t.fail(), { signal: own.signal })
    const map = view.map([1], () => t.fail(), { signal: own.signal }).next()
    const batch = view.submitAll([() => t.fail()], { signal: own.signal })
    const reason = new Error(`of ${index}`)
    if (controller.signal.aborted) continue
    controller.abort(reason)
    t.deepEqual(await Promise.all([running, waiting, map, batch].map(rejection)), [reason, reason, reason, reason])
    t.is(seen!.reason, reason)
    for (const { signal } of [outer, inner, own]) t.is(getEventListeners(signal, 'abort').length, 0)
    t.is(await rejection(view.submit(() => t.fail())), reason, 'also before the call')
    break
  }
  for (const which of [0, 1, 2]) {
    const controllers = [0, 1, 2].map(() => new AbortController())
    const pool = Pool.create({ size: 1 })
    const occupied = occupy(pool, 1)
    const view = pool.with({ signal: controllers[0]!.signal }).with({ signal: controllers[1]!.signal })
    const waiting = view.submit(() => t.fail(), { signal: controllers[2]!.signal })
    controllers[which]!.abort(which)
    for (const other of controllers) other.abort('later')
    t.is(await rejection(waiting), which, 'the first one counts')
    await occupied.finish()
    for (const { signal } of controllers) t.is(getEventListeners(signal, 'abort').length, 0)
  }
})

test('10,000 tasks with the signals of a view and of their own hold one listener on each', async (t) => {
  const [outer, own] = [new AbortController(), new AbortController()]
  const pool = Pool.create({ size: 1 })
  const view = pool.with({ signal: outer.signal })
  const occupied = occupy(pool, 1)
  const tasks = Array.from({ length: 10_000 }, () => view.submit(() => t.fail(), { signal: own.signal }))
  t.is(getEventListeners(outer.signal, 'abort').length, 1)
  t.is(getEventListeners(own.signal, 'abort').length, 1)
  outer.abort('all')
  t.true((await Promise.allSettled(tasks)).every((end) => end.status === 'rejected' && end.reason === 'all'))
  t.is(getEventListeners(own.signal, 'abort').length, 0)
  await occupied.finish()
})

test('a view makes no call into the core, holds nothing, and keeps its pool', async (t) => {
  const { signal } = new AbortController()
  const pool = Pool.create({ size: 1, name: 'viewed' })
  const before = pool.stats()
  for (let i = 0; i < 100; i++) pool.with({ signal, timeout: 5 }).with({ key: 'a' })
  t.deepEqual(pool.stats(), before)
  t.is(getEventListeners(signal, 'abort').length, 0)
  const view = Pool.create({ size: 1 }).with({ timeout: 10_000 })
  const several = MultiPool.create({ pools: 1 }).with({ timeout: 10_000 })
  const inThreads = MultiPool.of([ThreadPool.create({ filename: FILENAME, size: 1 })]).with({ timeout: 10_000 })
  for (let i = 0; i < 5; i++) {
    ;(globalThis as { gc?: () => void }).gc!()
    await new Promise(setImmediate)
  }
  t.is(await view.submit(() => 1), 1, 'a pool that nobody references would be released')
  t.is(await several.submit(() => 1), 1)
  t.is(await inThreads.run(1), 1)
})

test('the verbs of a view can be taken off it', async (t) => {
  const { submit, wrap, map } = Pool.create({ size: 1 }).with({ timeout: 1_000 })
  t.is(await submit(() => 1), 1)
  t.is(await wrap((a: number) => a + 1)(1), 2)
  t.deepEqual(await map([3], (item) => item).next(), { value: 3, done: false })
  const { run, tasks, runAll } = threads(t, { size: 1 }).with({ timeout: 10_000 })
  t.is(await run(1), 1)
  t.is(await tasks.sum!(1, 2), 3)
  t.deepEqual(await runAll([1, 2]), [1, 2])
})

for (const [what, make] of [
  ['a view', (pool: ThreadPool, options: object) => pool.with(options)],
  ['a view of several pools', (pool: ThreadPool, options: object) => MultiPool.of([pool]).with(options)],
  ['several pools with defaults', (pool: ThreadPool, defaults: object) => MultiPool.of([pool], { defaults })],
] as const) {
  test(`over threads ${what} has its options for run, tasks, runAll and map`, async (t) => {
    const pool = threads(t, { size: 1 })
    await pool.run()
    const view = make(pool as ThreadPool, { name: 'list', waitTimeout: 0 }) as With<Any, Any>
    t.deepEqual(await view.run(1), [1])
    t.is(await view.run(1, { name: 'echo' }), 1)
    t.deepEqual(await view.runAll([1, 2], { waitTimeout: 10_000 }), [[1], [2]])
    t.deepEqual(await view.runAll([1, 2], { name: 'echo', waitTimeout: 10_000 }), [1, 2])
    t.is(await view.tasks.sum!(1, 2), 3)
    const results: unknown[] = []
    for await (const result of view.map([1, 2])) results.push(result)
    t.deepEqual(results, [[1], [2]])
    const all = cells()
    const held = pool.tasks.gatedAsync!(all)
    t.true(WaitTimeoutError.is(await rejection(view.run(1))))
    t.true(WaitTimeoutError.is(await rejection(view.tasks.sum!(1, 2))))
    t.true(WaitTimeoutError.is(await rejection(view.runAll([1]))))
    t.true(WaitTimeoutError.is(await rejection(view.map([1]).next())))
    const waits = view.run(1, { waitTimeout: 10_000 })
    release(all)
    await held
    t.deepEqual(await waits, [1])
  })
}

test('a thread pool with defaults has them for run, tasks, runAll, map and runSync', async (t) => {
  const pool = threads(t, { size: 1, defaults: { name: 'pending', timeout: 5 } })
  t.true(TaskTimeoutError.is(await rejection(pool.run())))
  t.true(TaskTimeoutError.is(await rejection(pool.tasks.pending!())))
  t.true(TaskTimeoutError.is(await rejection(pool.runAll([undefined]))))
  t.true(TaskTimeoutError.is(await rejection(pool.map([undefined]).next())))
  t.throws(() => pool.runSync(), { instanceOf: TaskTimeoutError })
  t.is(await pool.run(1, { name: 'echo', timeout: 10_000 }), 1)
  t.is(await pool.with({ name: 'echo', timeout: 10_000 }).run(2), 2)
})

test('signals of views over threads abort, and a key of a view is heeded', async (t) => {
  const pool = threads(t, { size: 1, perKey: 1 })
  const [outer, own] = [new AbortController(), new AbortController()]
  const view = pool.with({ signal: outer.signal, key: 'a' })
  const all = cells()
  const running = view.tasks.heeds!(all)
  const waiting = view.run(1, { signal: own.signal })
  await until(() => Atomics.load(all, 0) === 1, 'the task has begun')
  own.abort('own')
  t.is(await rejection(waiting), 'own')
  outer.abort('outer')
  t.is(await rejection(running), 'outer')
  await until(() => Atomics.load(all, 1) === 1, 'its signal has aborted in the thread')
})

test('defaults hold for a lease, but for what a lease has not', async (t) => {
  const pool = Pool.create({ size: 1, defaults: { waitTimeout: 0, timeout: 1 } })
  const lease = await pool.lease()
  t.true(WaitTimeoutError.is(await rejection(pool.lease())))
  await new Promise((resolve) => setTimeout(resolve, 5))
  t.is(pool.busy, 1, 'no timeout ends it')
  lease.release()
})

test('what a view or defaults cannot have is refused at once', (t) => {
  const pool = Pool.create({ size: 1 })
  const inThreads = threads(t, { size: 1 })
  const aged = Pool.create({ ageing: 10 })
  const wrong: [() => unknown, RegExp][] = [
    [() => pool.with({ timeout: -1 }), /^timeout must be/],
    [() => pool.with({ retries: 1 } as never), /^unknown option retries in the options of with/],
    [() => pool.with(null as never), /^the options of with must be an object/],
    [() => pool.with({ policy: {} } as never), /^policy must be an object with the method execute/],
    [() => pool.with({ fallback: 5 } as never), /^fallback must be a function/],
    [() => pool.with({ name: 'x' } as never), /^unknown option name/],
    [() => aged.with({ key: 'a' }), /^key is not possible in a pool with ageing/],
    [() => pool.with({}).with({ timeout: 0 }), /^timeout must be/],
    [() => inThreads.with({ transfer: [] } as never), /^unknown option transfer/],
    [() => inThreads.with({ weight: 2 } as never), /^weight is not possible in threads/],
    [() => MultiPool.of([aged]).with({ key: 'a' }), /^key is not possible/],
    [() => Pool.create({ defaults: { timeout: 0 } }), /^timeout must be/],
    [() => Pool.create({ defaults: { retries: 1 } as never }), /^unknown option retries in defaults/],
    [() => Pool.create({ defaults: 5 as never }), /^defaults must be an object/],
    [() => Pool.create({ ageing: 10, defaults: { key: 'a' } }), /^key is not possible in a pool with ageing/],
    [() => Pool.create({ init: () => 1, defaults: { weight: 2 } }), /^weight is not possible in a pool with init/],
    [() => MultiPool.create({ pools: 2, ageing: 10, defaults: { key: 'a' } }), /^key is not possible/],
    [() => MultiPool.of([aged], { defaults: { key: 'a' } }), /^key is not possible/],
    [() => ThreadPool.create({ filename: FILENAME, defaults: { weight: 2 } as never }), /^weight is not possible/],
    [() => ThreadPool.create({ filename: FILENAME, ageing: 10, defaults: { key: 'a' } }), /^key is not possible/],
    [() => pool.configure({ defaults: {} } as never), /^defaults is not live/],
    [() => pool.wrap(5 as never), /^f must be a function/],
  ]
  for (const [call, message] of wrong) t.throws(call, { code, message }, String(message))
})

test('defaults of a shared pool belong to the handle', async (t) => {
  await using one = Pool.create({ name: 'defaults', shared: true, size: 1, defaults: { waitTimeout: 0 } })
  await using other = Pool.create({ name: 'defaults', shared: true })
  const occupied = occupy(other, 1)
  t.true(WaitTimeoutError.is(await rejection(one.submit(() => 1))))
  const waits = other.submit(() => 2)
  await occupied.finish()
  t.is(await waits, 2)
})

test('a MultiPool has its own defaults and not those of its pools', async (t) => {
  const pool = Pool.create({ size: 1, defaults: { waitTimeout: 0 } })
  const multi = MultiPool.of([pool])
  const occupied = occupy(multi, 1)
  t.true(WaitTimeoutError.is(await rejection(pool.submit(() => 1))))
  const waits = multi.submit(() => 2)
  await occupied.finish()
  t.is(await waits, 2)
  const made = MultiPool.create({ pools: 1, size: 1, defaults: { waitTimeout: 0 } })
  const held = occupy(made.at(0), 1)
  t.true(WaitTimeoutError.is(await rejection(made.at(0).submit(() => 1))), 'the pools that it makes have them, too')
  await held.finish()
})

test('wrap gives a function with the same arguments and the same this', async (t) => {
  const pool = Pool.create({ size: 1 })
  const account = {
    rate: 2,
    priced: pool.wrap(function (this: { rate: number }, a: number, b: number) {
      return this.rate * (a + b)
    }),
  }
  t.is(await account.priced(1, 2), 6)
  const failing = pool.wrap(() => {
    throw new RangeError('no')
  })
  t.true((await rejection(failing())) instanceof RangeError)
  const end = gate()
  const wait = pool.wrap(() => end.promise)
  const [first, second] = [wait(), wait()]
  t.deepEqual([pool.busy, pool.waiting], [1, 1])
  end.open()
  await Promise.all([first, second])
  await pool.close()
  t.true(PoolClosedError.is(await rejection(wait())))
})

test('a wrapped function runs in one of several pools, under its own name', async (t) => {
  const names: (string | undefined)[] = []
  const multi = MultiPool.create({ pools: 2, panicHandler: (_, { name }) => names.push(name) })
  const wrapped = multi.wrap(function render(path: string) {
    if (path === '') throw new Error('no path')
    return `page ${path}`
  })
  t.is(await wrapped('a'), 'page a')
  t.is(await wrapped('b'), 'page b')
  t.deepEqual([multi.at(0).stats().completed, multi.at(1).stats().completed], [1, 1])
  await rejection(wrapped(''))
  t.deepEqual(names, ['render'])
})

test('a map over several thread pools uses all of them and yields in order', async (t) => {
  const pools = [threads(t, { size: 1 }), threads(t, { size: 1 })]
  const multi = MultiPool.of(pools)
  const results: unknown[] = []
  for await (const result of multi.map([1, 2, 3, 4], { name: 'echo' })) results.push(result)
  t.deepEqual(results, [1, 2, 3, 4])
  t.true(pools.every((pool) => pool.stats().completed > 0))
  t.throws(() => multi.map([1], (() => 1) as never), { code })
})

test('onProgress of a view is for its tasks one by one', async (t) => {
  const pool = threads(t, { size: 1 })
  const view = pool.with({ onProgress: () => {} })
  t.is(await view.run(1), 1)
  t.like(await rejection(view.runAll([1])), { code })
})

test('a stream through a view has its options, and is refused with a policy', async (t) => {
  const filename = pathToFileURL(join(process.cwd(), '__test__/fixtures/stream-tasks.mjs'))
  const pool = threads(t, { size: 1, filename, workerData: cells() })
  for (const face of [pool, MultiPool.of([pool])] as ThreadPool[]) {
    const view = face.with({ name: 'numbers' }) as With<Any, Any>
    const chunks: unknown[] = []
    for await (const chunk of view.stream(3)) chunks.push(chunk)
    t.deepEqual(chunks, [0, 1, 2])
  }
  const caller = new AbortController()
  const stream = (pool.with({ signal: caller.signal, name: 'numbers' }) as With<Any, Any>).stream(1_000)
  await stream.next()
  caller.abort('enough')
  t.is(await rejection(stream.next()), 'enough')
  const careful = pool.with({ fallback: () => 1 }) as unknown as With<Any, Any>
  t.throws(() => careful.stream(1), { code, message: /^stream / })
})

test('a future and a group of a view over threads have its options, and are refused with a policy', async (t) => {
  const pool = threads(t, { size: 1, filename: FILENAME })
  for (const face of [pool, MultiPool.of([pool])] as ThreadPool[]) {
    const view = face.with({ name: 'sum', priority: 'low' }) as unknown as ThreadPool
    t.is(
      await view
        .future([1, 2], { name: 'list' })
        .get()
        .then(([first]: any) => first[0]),
      1,
      'those of the call win',
    )
    const group = view.group()
    void group.run(1, { name: 'echo' })
    t.deepEqual(await group.join(), [1])
    const careful = face.with({ fallback: () => 1 }) as unknown as ThreadPool
    t.like(await rejection(careful.future(1).get()), { code })
    t.throws(() => careful.group(), { code, message: /^group / })
  }
})
