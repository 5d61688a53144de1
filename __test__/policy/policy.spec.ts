// Tasks that go by way of a policy, or have a fallback. The policies are those of the real cockatiel, as its documentation uses them.
import { getEventListeners } from 'node:events'

import test from 'ava'
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  ConstantBackoff,
  ExponentialBackoff,
  TimeoutStrategy,
  circuitBreaker,
  handleAll,
  handleWhen,
  retry,
  timeout,
  wrap,
} from 'cockatiel'
import {
  MultiPool,
  Pool,
  PoolClosedError,
  PoolError,
  PoolOverloadError,
  TaskTimeoutError,
  WaitTimeoutError,
  WorkerCrashedError,
  isRetryable,
} from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { threads } from '../support/threads.js'
import { rejection, until, within } from '../support/until.js'

const code = 'ERR_POOL_OPTION'
const fast = { backoff: new ExponentialBackoff({ initialDelay: 1, maxDelay: 4 }) }
const again = () => retry(handleWhen(isRetryable), { maxAttempts: 3, ...fast })
/** A policy that waits between attempts for as long as it takes. */
const patient = () => retry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(1_000_000) }).dangerouslyUnref()
const cells = () => new Int32Array(new SharedArrayBuffer(8))

test('a retry submits again what may succeed later, each attempt a submission of its own', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const occupied = occupy(pool, 1)
  const policy = again()
  const delays: number[] = []
  policy.onRetry(({ delay }) => {
    delays.push(delay)
    if (delays.length === 2) void occupied.finish()
  })
  t.is(await pool.with({ policy }).submit(() => 'done'), 'done')
  t.is(delays.length, 2)
  const { rejected, completed } = pool.stats()
  t.deepEqual([rejected.overload, completed], [2, 2])
})

test('a retry over threads encodes the argument anew, and attempts are counted', async (t) => {
  const pool = threads(t, { size: 1 })
  const careful = pool.with({ policy: retry(handleAll, { maxAttempts: 2, ...fast }) })
  const failed = await rejection(careful.run('no', { name: 'failAsync' }))
  t.true(failed instanceof RangeError)
  t.is(pool.stats().failed, 3)
  t.true((await rejection(careful.tasks.failAsync!('no'))) instanceof RangeError)
  t.is(pool.stats().failed, 6)
  t.deepEqual(await careful.tasks.list!(1, { two: 2 }), [1, { two: 2 }])
  t.is(await careful.run({ x: 1 } as never, { name: 'nothing' }), undefined)
})

test('a crash is retried', async (t) => {
  const pool = threads(t, { size: 1 })
  const policy = again()
  let attempts = 0
  policy.onRetry(() => attempts++)
  const error = await rejection(pool.with({ policy }).run(3, { name: 'exit' }))
  t.true(WorkerCrashedError.is(error))
  t.is(attempts, 3)
})

test('a circuit breaker opens after failures, lets nothing in, and closes again', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const breaker = circuitBreaker(handleWhen(isRetryable), { halfOpenAfter: 300, breaker: new ConsecutiveBreaker(2) })
  const careful = pool.with({ policy: breaker })
  const occupied = occupy(pool, 1)
  for (let i = 0; i < 2; i++) t.true(PoolOverloadError.is(await rejection(careful.submit(() => 1))))
  t.is(breaker.state, CircuitState.Open)
  t.true((await rejection(careful.submit(() => t.fail()))) instanceof BrokenCircuitError)
  t.is(pool.stats().rejected.overload, 2)
  await occupied.finish()
  await new Promise((resolve) => setTimeout(resolve, 301))
  t.is(await careful.submit(() => 1), 1)
  t.is(breaker.state, CircuitState.Closed)
})

test('wrap(retry, circuitBreaker) fits as it is, for closures, threads and several pools', async (t) => {
  const breaker = circuitBreaker(handleWhen(isRetryable), { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) })
  const policy = wrap(again(), breaker)
  const pool = Pool.create({ size: 1 })
  t.is(await pool.with({ policy }).submit(() => 1), 1)
  t.is(await Pool.create({ defaults: { policy } }).submit(() => 2), 2)
  t.is(
    await MultiPool.create({ pools: 2 })
      .with({ policy })
      .submit(() => 3),
    3,
  )
  const inThreads = threads(t, { size: 1 })
  t.is(await inThreads.with({ policy }).run(4), 4)
  t.is(await MultiPool.of([inThreads]).with({ policy }).tasks.echo!(5), 5)
  let attempts = 0
  const failing = (): never => {
    attempts++
    throw new RangeError('not retryable')
  }
  t.true((await rejection(pool.with({ policy }).submit(failing))) instanceof RangeError)
  t.is(attempts, 1, 'what a task throws is not retryable')
})

test("a policy's own timeout aborts the attempt by context.signal, and only that attempt", async (t) => {
  const pool = Pool.create({ size: 2 })
  const policy = wrap(retry(handleAll, { maxAttempts: 1, ...fast }), timeout(5, TimeoutStrategy.Cooperative))
  const caller = new AbortController()
  const signals: AbortSignal[] = []
  const task = ({ signal }: { signal: AbortSignal }) => {
    signals.push(signal)
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const error = await rejection(pool.with({ policy }).submit(task, { signal: caller.signal }))
  t.is(error.name, 'AbortError')
  t.is(signals.length, 2, 'each attempt has a signal of its own')
  t.true(signals.every(({ aborted }) => aborted))
  t.false(caller.signal.aborted)
  t.is(pool.stats().cancelled, 2)
  const aggressive = timeout(5, TimeoutStrategy.Aggressive)
  await rejection(pool.with({ policy: aggressive }).submit(() => new Promise(() => {})))
  t.is(pool.stats().cancelled, 3, 'the task has been told')
})

test("a policy's timeout aborts what runs in a thread", async (t) => {
  const pool = threads(t, { size: 1 })
  const all = cells()
  const abort = new AbortController()
  const policy = {
    execute: async <T>(attempt: (context: { signal: AbortSignal }) => PromiseLike<T> | T): Promise<T> =>
      attempt({ signal: abort.signal }),
  }
  const running = pool.with({ policy }).run(all, { name: 'heeds' })
  await until(() => Atomics.load(all, 0) === 1, 'the task has begun')
  abort.abort('policy')
  t.is(await rejection(running), 'policy')
  await until(() => Atomics.load(all, 1) === 1, 'its signal has aborted')
})

test("the caller's signal reaches the policy as it was given, and the attempt", async (t) => {
  const pool = Pool.create({ size: 1 })
  const caller = new AbortController()
  const seen: (AbortSignal | undefined)[] = []
  const policy = {
    execute<T>(attempt: (context: { signal: AbortSignal }) => PromiseLike<T> | T, signal?: AbortSignal): Promise<T> {
      seen.push(signal)
      return Promise.resolve(attempt({ signal: signal! }))
    },
  }
  const careful = pool.with({ policy })
  const running = careful.submit(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    {
      signal: caller.signal,
    },
  )
  t.deepEqual(seen, [caller.signal])
  t.is(seen[0], caller.signal)
  caller.abort('enough')
  t.is(await rejection(running), 'enough')
  t.is(pool.stats().cancelled, 1)
  t.is(await careful.submit(() => 1), 1)
  t.is(seen[1], undefined, 'without a signal there is none')
  const [outer, own] = [new AbortController(), new AbortController()]
  const both = careful.with({ signal: outer.signal }).submit(() => new Promise(() => {}), { signal: own.signal })
  t.true(seen[2] instanceof AbortSignal)
  outer.abort('outer')
  t.is(await rejection(both), 'outer')
  t.is(seen[2]!.reason, 'outer', 'of two signals it gets one that either aborts')
})

test("the caller's abort ends the waiting between attempts, and no attempt follows", async (t) => {
  for (const make of [
    () => {
      const pool = Pool.create({ size: 1 })
      return [
        pool,
        (signal: AbortSignal, policy: ReturnType<typeof patient>) =>
          pool.with({ policy }).submit(() => Promise.reject(new Error('no')), { signal }),
      ] as const
    },
    () => {
      const pool = threads(t, { size: 1 })
      return [
        pool,
        (signal: AbortSignal, policy: ReturnType<typeof patient>) =>
          pool.with({ policy, signal }).run('no', { name: 'failAsync' }),
      ] as const
    },
  ]) {
    const [pool, call] = make()
    const caller = new AbortController()
    const policy = patient()
    const waiting = new Promise((resolve) => policy.onRetry(resolve))
    const promise = call(caller.signal, policy)
    await waiting
    t.is(pool.stats().failed, 1)
    caller.abort('enough')
    t.is(await within(rejection(promise), 'the abort'), 'enough')
    t.is(pool.stats().submitted, 1)
    t.is(getEventListeners(caller.signal, 'abort').length, 0)
  }
})

test('an attempt after the abort is not submitted', async (t) => {
  const pool = Pool.create({ size: 1 })
  const caller = new AbortController()
  let late: unknown
  const goOn = gate()
  const policy = {
    async execute<T>(attempt: (context: { signal: AbortSignal }) => PromiseLike<T> | T): Promise<T> {
      await goOn.promise
      late = await rejection(Promise.resolve(attempt({ signal: new AbortController().signal })))
      throw late
    },
  }
  const promise = pool.with({ policy, fallback: () => t.fail() }).submit(() => t.fail(), { signal: caller.signal })
  caller.abort('enough')
  t.is(await rejection(promise), 'enough')
  goOn.open()
  await until(() => late !== undefined, 'the attempt')
  t.is(late, 'enough')
  t.is(pool.stats().submitted, 0)
})

test('a signal that has aborted before rejects, and nobody is asked', async (t) => {
  const pool = Pool.create({ size: 1 })
  const policy = { execute: () => t.fail() as never }
  const careful = pool.with({ policy, fallback: () => t.fail() })
  t.is(await rejection(careful.submit(() => t.fail(), { signal: AbortSignal.abort('before') })), 'before')
})

test('close does not wait between attempts; the next one gets PoolClosedError', async (t) => {
  const pool = Pool.create({ size: 1 })
  const policy = retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(5) })
  const errors: unknown[] = []
  let closed: Promise<void> | undefined
  policy.onRetry((reason) => {
    errors.push('error' in reason && reason.error)
    closed ??= pool.close()
  })
  const failure = new Error('no')
  const promise = pool.with({ policy }).submit(() => Promise.reject(failure))
  t.true(PoolClosedError.is(await rejection(promise)))
  await closed
  t.deepEqual([errors[0], PoolClosedError.is(errors[1])], [failure, true])
})

test('isRetryable is true for errors of a pool whose call may succeed later, and for nothing else', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const occupied = occupy(pool, 1)
  const overload = await rejection(pool.submit(() => 1))
  await occupied.finish()
  pool.release()
  const closed = await rejection(pool.submit(() => 1))
  t.true(PoolError.is(overload) && PoolError.is(closed))
  t.is(isRetryable(overload), true)
  t.is(isRetryable(closed), false)
  for (const other of [
    new Error('x'),
    { retryable: true },
    Object.assign(new Error('x'), { retryable: true }),
    undefined,
    null,
    5,
  ]) {
    t.is(isRetryable(other), false)
  }
})

// ── fallback ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a fallback answers for each refusal of the pool', async (t) => {
  const seen: unknown[][] = []
  const fallback = (...args: unknown[]) => {
    seen.push(args)
    return Promise.resolve('degraded')
  }
  const refusals: [string, (pool: Pool<void>) => unknown][] = [
    ['PoolOverloadError', () => {}],
    ['WaitTimeoutError', () => {}],
    ['PoolClearedError', (pool) => pool.clear()],
    ['PoolClosedError', (pool) => pool.release()],
  ]
  for (const [name, act] of refusals) {
    const pool = Pool.create({ size: 1, nonblocking: name === 'PoolOverloadError' })
    const occupied = occupy(pool, 1)
    const options = name === 'WaitTimeoutError' ? { waitTimeout: 1 } : {}
    const answer = pool.with({ fallback }).submit(() => t.fail(), options)
    act(pool)
    t.is(await answer, 'degraded', name)
    const [error, argument] = seen.pop()!
    t.deepEqual([(error as Error).name, argument], [name, undefined])
    await occupied.finish()
  }
  const shedding = Pool.create({ size: 1, maxBlockingTasks: 1, overload: 'discard-oldest' })
  const occupied = occupy(shedding, 1)
  const displaced = shedding.with({ fallback }).submit(() => t.fail())
  const newer = shedding.submit(() => 1)
  t.is(await displaced, 'degraded')
  await occupied.finish()
  t.is(await newer, 1)
})

test('over threads the fallback is given the argument', async (t) => {
  const pool = threads(t, { size: 1 })
  const all = cells()
  const held = pool.tasks.gatedAsync!(all)
  const seen: unknown[] = []
  const careful = pool.with({
    waitTimeout: 0,
    fallback: (error, argument) => {
      seen.push(argument)
      return WaitTimeoutError.is(error)
    },
  })
  await until(() => Atomics.load(all, 0) === 1, 'it runs')
  t.is(await careful.run({ a: 1 }), true)
  t.is(await careful.tasks.echo!(2), true)
  t.is(await careful.tasks.sum!(3, 4), true)
  t.deepEqual(
    await careful
      .map([5])
      .next()
      .catch((error) => error.code),
    'ERR_POOL_WAIT_TIMEOUT',
    'a map that waits is not a task',
  )
  t.deepEqual(seen, [{ a: 1 }, 2, [3, 4]])
  const cleared = careful.run(6, { waitTimeout: 10_000 })
  pool.clear()
  t.is(await cleared, false)
  Atomics.store(all, 1, 1)
  Atomics.notify(all, 1)
  await held
})

test('a fallback does not answer for a task that ran and failed, whatever it failed with', async (t) => {
  const fallback = () => t.fail()
  const other = Pool.create({ nonblocking: true, size: 1 })
  const occupied = occupy(other, 1)
  const inner = await rejection(other.submit(() => 1))
  t.true(PoolOverloadError.is(inner))
  const pool = Pool.create({ size: 1 })
  const careful = pool.with({ fallback })
  t.is(await rejection(careful.submit(() => Promise.reject(inner))), inner)
  t.is(
    await rejection(
      careful.submit(() => {
        throw inner
      }),
    ),
    inner,
  )
  t.true(PoolOverloadError.is(await rejection(careful.submit(() => other.submit(() => 1)))))
  t.true(TaskTimeoutError.is(await rejection(careful.submit(() => new Promise(() => {}), { timeout: 1 }))))
  t.is(
    await rejection(
      Pool.create({ init: () => Promise.reject(inner) })
        .with({ fallback })
        .submit(() => 1),
    ),
    inner,
  )
  t.is(await rejection(careful.submit(() => 1, { signal: AbortSignal.abort(inner) })), inner)
  const caller = new AbortController()
  const waiting = careful.submit(() => t.fail(), { signal: caller.signal })
  caller.abort(inner)
  t.is(await rejection(waiting), inner, 'nor for one that its caller has aborted')
  await occupied.finish()
})

test('over threads a task that was running at destroy was not refused, and one that waited was', async (t) => {
  const pool = threads(t, { size: 1 })
  const all = cells()
  const careful = pool.with({ fallback: (error) => PoolClosedError.is(error) && 'refused' })
  const running = careful.run(all, { name: 'pending' })
  await until(() => Atomics.load(all, 0) === 1, 'it runs')
  const waiting = careful.run(1)
  void pool.destroy()
  t.is(await waiting, 'refused')
  t.true(PoolClosedError.is(await rejection(running)))
  t.is(await careful.run(1), 'refused')
})

test('a fallback answers if a policy lets no attempt be made, and after the last attempt was refused', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(1) })
  const seen: unknown[] = []
  const fallback = (error: unknown) => {
    seen.push(error)
    return 'degraded'
  }
  const careful = pool.with({ policy: breaker, fallback })
  await rejection(careful.submit(() => Promise.reject(new Error('no'))))
  t.is(await careful.submit(() => t.fail()), 'degraded')
  t.true(seen[0] instanceof BrokenCircuitError)
  const occupied = occupy(pool, 1)
  t.is(
    await pool
      .with({ policy: again() })
      .with({ fallback })
      .submit(() => t.fail()),
    'degraded',
  )
  t.true(PoolOverloadError.is(seen[1]))
  t.is(pool.stats().rejected.overload, 4)
  await occupied.finish()
  let attempts = 0
  const flaky = retry(handleAll, { maxAttempts: 2, ...fast })
  const failing = pool.with({ policy: flaky, fallback }).submit(() => Promise.reject(new Error(`no ${++attempts}`)))
  t.is((await rejection(failing)).message, 'no 3', 'the last attempt ran and failed')
})

test('what a fallback throws or rejects with, the task rejects with', async (t) => {
  const pool = Pool.create({ size: 1 })
  pool.release()
  const thrown = new Error('thrown')
  const sync = pool.with({
    fallback: () => {
      throw thrown
    },
  })
  t.is(await rejection(sync.submit(() => 1)), thrown)
  t.is(await rejection(pool.with({ fallback: () => Promise.reject(thrown) }).submit(() => 1)), thrown)
})

test('caller-runs: a fallback may call the task itself, outside of the pool', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  const occupied = occupy(pool, 1)
  const task = (): string => `busy ${pool.busy}`
  t.is(await pool.with({ fallback: () => task() }).submit(task), 'busy 1')
  await occupied.finish()
})

// ── what a policy cannot do ─────────────────────────────────────────────────────────────────────────────────────────

test('with a policy or a fallback other ways to hand in tasks are refused by name', async (t) => {
  const policy = again()
  const fallback = () => 1
  const lax = (any: unknown) => any as Record<string, (...args: unknown[]) => any>
  for (const terms of [{ policy }, { fallback }]) {
    for (const pool of [
      Pool.create({ defaults: terms }),
      Pool.create().with(terms as { policy: typeof policy }),
      MultiPool.create({ pools: 1, defaults: terms }),
      MultiPool.create({ pools: 1 })
        .with(terms as { policy: typeof policy })
        .with({ timeout: 1 }),
    ].map(lax)) {
      for (const verb of ['execute', 'tryExecute'])
        t.throws(() => pool[verb]!(() => 1), { code, message: new RegExp(`^${verb} `) })
      for (const verb of ['submitAll', 'lease']) {
        if (pool[verb] === undefined) continue
        t.like(await rejection(pool[verb]!([() => 1])), { code })
      }
      t.is(await pool.submit!(() => 1), 1)
    }
    const inThreads = threads(t, { size: 1, defaults: terms })
    t.like(await rejection(inThreads.runAll([1])), { code })
    t.throws(() => inThreads.runSync(1), { code, message: /^runSync / })
    t.is(await inThreads.run(1), 1)
    t.is(await inThreads.tasks.echo!(1), 1)
  }
})

test('transfer with a policy is refused, and nothing is moved', async (t) => {
  const pool = threads(t, { size: 1 })
  const bytes = new ArrayBuffer(8)
  const options = { transfer: [bytes], name: 'sized' } as const
  t.like(await rejection(pool.with({ policy: again() }).run(bytes, options as never)), { code })
  t.is(bytes.byteLength, 8)
  t.is(pool.stats().submitted, 0)
  t.is(await pool.with({ fallback: () => 0 }).run(bytes, options as never), 8, 'a fallback alone sends nothing twice')
  t.is(bytes.byteLength, 0)
})

test('options are checked before a policy is asked', async (t) => {
  const pool = Pool.create()
  const careful = pool.with({ policy: { execute: () => t.fail() as never }, fallback: () => t.fail() })
  t.like(await rejection(careful.submit(() => 1, { timeout: -1 })), { code })
  t.like(await rejection(careful.submit(5 as never)), { code })
  t.throws(() => careful.map(5 as unknown as number[], () => 1), { code })
  t.throws(() => careful.map([1], 5 as never), { code })
})

test('a policy may throw, give no promise, or give a context without a signal', async (t) => {
  const pool = Pool.create({ size: 1 })
  const thrown = new Error('thrown')
  const by = (execute: (attempt: (context?: any) => any) => any) => pool.with({ policy: { execute } })
  t.is(
    await rejection(
      by(() => {
        throw thrown
      }).submit(() => t.fail()),
    ),
    thrown,
  )
  t.is(await by(() => 5).submit((): number => t.fail() as never), 5)
  t.is(await by((attempt) => attempt()).submit(() => 6), 6)
  t.is(await by((attempt) => attempt({})).submit(() => 7), 7)
  t.like(await rejection(by((attempt) => attempt({ signal: 5 })).submit(() => t.fail())), { code })
  t.is(pool.stats().completed, 2)
})

test('a policy keeps the name and the async context of its task', async (t) => {
  const names: (string | undefined)[] = []
  const pool = Pool.create({ size: 1, panicHandler: (_, { name }) => names.push(name) })
  const policy = retry(handleAll, { maxAttempts: 1, ...fast })
  await rejection(
    pool.with({ policy }).submit(async function named() {
      throw new Error('no')
    }),
  )
  t.deepEqual(names, ['named', 'named'])
})

// ── map ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

test('a map by way of a policy tries each item again, also one whose task throws at once', async (t) => {
  const pool = Pool.create({ size: 2 })
  const policy = retry(handleAll, { maxAttempts: 3, ...fast })
  const tried = new Map<number, number>()
  const flaky = (item: number): number => {
    const attempts = (tried.get(item) ?? 0) + 1
    tried.set(item, attempts)
    if (attempts <= item) throw new Error(`no ${item}`)
    return item * 10
  }
  const results: number[] = []
  for await (const result of pool.with({ policy }).map([0, 1, 2, 3, 1], flaky)) results.push(result)
  t.deepEqual(results, [0, 10, 20, 30, 10])
})

test('a map by way of a policy waits out an overload, has fallbacks, and aborts its tasks when it ends', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 1, overload: 'discard-oldest' })
  const policy = retry(handleWhen(isRetryable), { maxAttempts: 1, ...fast })
  const results: number[] = []
  const items = pool.with({ policy }).map([1, 2, 3], async (item) => {
    // They displace the next item, if it waits.
    for (let i = 0; i < 2; i++) pool.tryExecute(() => {})
    return item
  })
  for await (const item of items) results.push(item)
  t.deepEqual(results, [1, 2, 3])

  const signals: AbortSignal[] = []
  const end = gate()
  const left = Pool.create({ size: 2 })
    .with({ policy })
    .map([1, 2], (_, { signal }) => {
      signals.push(signal)
      return end.promise
    })
  void left.next()
  await until(() => signals.length === 2, 'both run')
  await left.return!()
  t.true(signals.every(({ aborted }) => aborted))
  end.open()
})

test('a map over threads by way of a policy', async (t) => {
  const pool = threads(t, { size: 1 })
  const careful = pool.with({ policy: again(), fallback: () => 'degraded' })
  const results: unknown[] = []
  for await (const result of careful.map([1, 2, 3], { name: 'echo' })) results.push(result)
  t.deepEqual(results, [1, 2, 3])
  t.true((await rejection(careful.map(['no'], { name: 'failAsync' }).next())) instanceof RangeError)
})
