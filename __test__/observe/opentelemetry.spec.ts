// `workpool/opentelemetry`, with the real SDK in this isolate and in the threads.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type IncomingMessage, type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { type Span, ROOT_CONTEXT, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import test from 'ava'
import { ConstantBackoff, handleAll, retry } from 'cockatiel'
import { MultiPool, Pool, ThreadPool, carryStorage } from 'workpool'
import { instrument } from 'workpool/opentelemetry'

import { gate } from '../support/gate.js'
import { rejection } from '../support/until.js'

const fixture = (name: string) => pathToFileURL(join(process.cwd(), '__test__', 'fixtures', name)).href
type Functions = Record<string, (...args: any[]) => any>

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const undici = new UndiciInstrumentation()
const requests = new AsyncLocalStorage<{ id: string }>()
let stop = (): void => {}

test.before(() => {
  provider.register()
  undici.setTracerProvider(provider)
  stop = instrument()
})
test.after.always(() => {
  stop()
  undici.disable()
})
test.beforeEach(() => exporter.reset())

const spans = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name)
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId

/** Threads that have an SDK of their own. */
const traced = (options: Partial<Parameters<typeof ThreadPool.create>[0]> = {}): ThreadPool<Functions> =>
  ThreadPool.create<Functions>({
    filename: fixture('otel-tasks.mjs'),
    execArgv: ['--import', fixture('otel-sdk.mjs')],
    carry: [carryStorage({ request: requests })],
    size: 1,
    ...options,
  })

/** Within a span of its own, with baggage and a request. */
function within<T>(f: (span: Span) => Promise<T>): Promise<T> {
  const baggage = propagation.createBaggage({ tenant: { value: 'acme' } })
  const own = propagation.setBaggage(context.active(), baggage)
  return context.with(own, () =>
    trace.getTracer('test').startActiveSpan('caller', (span) =>
      requests.run({ id: 'r-7' }, async () => {
        try {
          return await f(span)
        } finally {
          span.end()
        }
      }),
    ),
  )
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test.serial('one trace goes from an HTTP request through a pool, a thread and a second HTTP server', async (t) => {
  const headers: IncomingMessage['headers'][] = []
  const second = createServer((request, response) => {
    headers.push(request.headers)
    response.end(JSON.stringify({ ok: true }))
  })
  const url = await listen(second)
  await using closures = Pool.create({ name: 'closures' })
  await using pool = traced({ name: 'asking' })
  const first = createServer((request, response) => {
    // As an instrumentation of servers does.
    const caller = propagation.extract(ROOT_CONTEXT, request.headers)
    const handle = (span: Span): void =>
      requests.run({ id: 'r-7' }, () => {
        void closures
          .submit(() => pool.run(url, { name: 'ask' }))
          .then((answer) => response.end(JSON.stringify(answer)))
          .finally(() => span.end())
      })
    trace.getTracer('test').startActiveSpan('GET /', {}, caller, handle)
  })
  const firstUrl = await listen(first)
  try {
    const [traceId, answer] = await within(async (span) => [
      span.spanContext().traceId,
      (await (await fetch(firstUrl)).json()) as any,
    ])
    t.like(answer, { traceId, baggage: 'acme', request: 'r-7', answer: { ok: true } })
    t.like(answer.line, { msg: 'asking', request: 'r-7' }, 'pino shows the request')
    t.is(String(headers[0]!['traceparent']).split('-')[1], traceId)
    t.is(headers[0]!['baggage'], 'tenant=acme')

    const inThread: { name: string; parent: string; traceId: string; spanId: string }[] = await pool.run(undefined, {
      name: 'spans',
    })
    const asked = inThread.find(({ name }) => name === 'ask')!
    const [ofClosure, ofThread, ofRequest] = [spans('closures run')[0]!, spans('asking run')[0]!, spans('GET /')[0]!]
    t.is(asked.traceId, traceId)
    t.is(asked.parent, ofThread.spanContext().spanId, 'the span of the thread is a child of that of the task')
    t.is(parentOf(ofThread), ofClosure.spanContext().spanId)
    t.is(parentOf(ofClosure), ofRequest.spanContext().spanId)
    const [fetched] = inThread.filter(({ parent }) => parent === asked.spanId)
    t.is(String(headers[0]!['traceparent']).split('-')[2], fetched!.spanId, 'the fetch carries the trace on')
  } finally {
    first.close()
    second.close()
    first.closeAllConnections()
    second.closeAllConnections()
  }
})

test.serial(
  'the trace, the baggage and the request are there for tasks that waited, were retried, streamed or ran in a group',
  async (t) => {
    await using pool = traced({ name: 'ways' })
    await pool.ready()
    await within(async (span) => {
      const expected = { traceId: span.spanContext().traceId, baggage: 'acme', request: 'r-7' }
      const look = { name: 'look' }
      t.deepEqual(
        await Promise.all([pool.run(undefined, look), pool.run(undefined, look)]),
        [expected, expected],
        'waited',
      )
      const policy = retry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(1) })
      t.deepEqual(await pool.with({ policy }).run(undefined, { name: 'flaky' }), expected, 'retried')
      for await (const chunk of pool.stream(3, { name: 'chunks' })) t.deepEqual(chunk, expected, 'streamed')
      await using group = pool.group()
      t.deepEqual(await group.run(undefined, look), expected, 'in a group')
      t.deepEqual(await pool.runAll([1, 2], look), [expected, expected], 'in a batch')
      t.deepEqual(pool.runSync(undefined, look), expected, 'synchronously')
    })
    const [caller] = spans('caller')
    t.deepEqual(
      spans('ways run').map(parentOf),
      Array(10).fill(caller!.spanContext().spanId),
      'all are children of their caller',
    )
  },
)

test.serial('a span has the times, the outcome and the exception of its task', async (t) => {
  await using pool = Pool.create({ name: 'spans', size: 1, maxBlockingTasks: 1 })
  const open = gate<void>()
  const tasks = [
    pool.submit(function first() {
      return open.promise
    }),
    pool.submit(
      function second() {
        throw new RangeError('on purpose')
      },
      { key: 'tenant', priority: 'low' },
    ),
    pool.submit(function third() {}),
  ]
  setTimeout(() => open.open(), 5)
  await Promise.allSettled(tasks)
  const of = (task: string) => spans('spans run').find(({ attributes }) => attributes['workpool.task.name'] === task)!
  t.like(of('first').attributes, { 'workpool.task.outcome': 'completed', 'workpool.task.id': 1 })
  t.is(of('first').status.code, SpanStatusCode.UNSET)

  const second = of('second')
  t.like(second.attributes, {
    'workpool.pool.name': 'spans',
    'workpool.task.key': 'tenant',
    'workpool.task.priority': 2,
    'workpool.task.outcome': 'failed',
  })
  t.deepEqual(second.status, { code: SpanStatusCode.ERROR, message: 'on purpose' })
  const [wait, exception] = second.events
  t.is(wait!.name, 'spans wait')
  const ms = ([seconds, nanoseconds]: [number, number]): number => seconds * 1e3 + nanoseconds / 1e6
  const waited = second.attributes['workpool.task.wait_ms'] as number
  t.true(waited > 0)
  t.true(Math.abs(ms(wait!.time) - ms(second.startTime) - waited) < 1, 'the event is where the wait has ended')
  t.true(ms(second.duration) >= waited)
  t.like(exception, { name: 'exception', attributes: { 'exception.type': 'RangeError' } })

  const third = of('third')
  t.like(third.attributes, { 'workpool.task.outcome': 'refused', 'workpool.task.refused': 'overload' })
  t.is(third.status.code, SpanStatusCode.ERROR)
  t.is(third.events.length, 1, 'it has no wait')
})

test.serial('a task that its caller aborts is no error', async (t) => {
  await using pool = Pool.create({ name: 'aborted' })
  const controller = new AbortController()
  const open = gate<void>()
  const task = rejection(pool.submit(() => open.promise, { signal: controller.signal }))
  controller.abort()
  await task
  open.open()
  const [span] = spans('aborted run')
  t.is(span!.attributes['workpool.task.outcome'], 'cancelled')
  t.is(span!.status.code, SpanStatusCode.UNSET)
})

test.serial('each attempt of a policy is a span, and links to the one before it', async (t) => {
  await using pool = Pool.create({ name: 'attempts' })
  let calls = 0
  await pool.with({ policy: retry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(1) }) }).submit(() => {
    if (++calls < 3) throw new Error('again')
  })
  const attempts = spans('attempts run')
  t.deepEqual(
    attempts.map(({ attributes, links }) => [
      attributes['workpool.task.attempt'],
      links.map((link) => link.context.spanId),
    ]),
    [
      [1, []],
      [2, [attempts[0]!.spanContext().spanId]],
      [3, [attempts[1]!.spanContext().spanId]],
    ],
  )
})

test.serial('a closure runs in the context of its span, whether it starts at once or waits', async (t) => {
  await using pool = Pool.create({ name: 'context', size: 1 })
  const inside = async () => {
    await Promise.resolve()
    return trace.getActiveSpan()?.spanContext().spanId
  }
  const seen = await Promise.all([pool.submit(inside), pool.submit(inside), pool.submitAll([inside])])
  t.deepEqual(
    seen.flat().toSorted(),
    spans('context run')
      .map((span) => span.spanContext().spanId)
      .toSorted(),
  )
  t.is(trace.getActiveSpan(), undefined)
})

test.serial('threads without an SDK get along with the traces that come', async (t) => {
  const pool = ThreadPool.create<Functions>({ name: 'plain', size: 1, filename: fixture('tasks.mjs') })
  t.is(await within(() => pool.run(7)), 7)
  await pool.close()
})

test.serial('handles of a shared pool get along, whether they or its owner are instrumented', async (t) => {
  const request = { carry: [carryStorage({ request: requests })] }
  for (const [name, isOwnerInstrumented] of [
    ['shared by both', true],
    ['shared by one', false],
  ] as const) {
    const options = { name, size: 1, shared: true, filename: fixture('otel-tasks.mjs') }
    if (!isOwnerInstrumented) stop()
    const owner = ThreadPool.create<Functions>({
      ...options,
      ...request,
      execArgv: ['--import', fixture('otel-sdk.mjs')],
    })
    if (isOwnerInstrumented) stop()
    else stop = instrument()
    // It leaves out what the owner has given, and has other carriers of every pool.
    const guest = ThreadPool.create<Functions>(options)
    await within(async (span) => {
      const { traceId } = span.spanContext()
      const look = { name: 'look' }
      t.deepEqual(await guest.run(undefined, look), { traceId: undefined, baggage: undefined, request: undefined })
      const expected = isOwnerInstrumented ? { traceId, baggage: 'acme' } : { traceId: undefined, baggage: undefined }
      t.deepEqual(await owner.run(undefined, look), { ...expected, request: 'r-7' })
    })
    if (isOwnerInstrumented) stop = instrument()
    await Promise.all([owner[Symbol.asyncDispose](), guest[Symbol.asyncDispose]()])
  }
})

test.serial('the metrics are the numbers of the pools, and no counter falls', async (t) => {
  stop()
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1e8 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const stopOwn = instrument({ meterProvider })
  const read = async () => {
    metricExporter.reset()
    await reader.forceFlush()
    const all = metricExporter.getMetrics()[0]!.scopeMetrics.flatMap(({ metrics }) => metrics)
    return (name: string, pool: string): Record<string, any> =>
      Object.fromEntries(
        all
          .filter(({ descriptor }) => descriptor.name === name)
          .flatMap(({ dataPoints }) => dataPoints as { attributes: Record<string, string>; value: unknown }[])
          .filter(({ attributes }) => attributes['pool'] === pool)
          .map(({ attributes, value }) => [
            ['outcome', 'reason', 'event', 'thread']
              .map((name) => attributes[name])
              .find((name) => name !== undefined) ?? '',
            value,
          ]),
      )
  }
  try {
    // Two pools of one name, a MultiPool, and two handles of one shared pool.
    const twins = [1, 2].map((size) => Pool.create({ name: 'twin', size, nonblocking: true }))
    const open = gate<void>()
    const busy = twins.map((pool) => pool.submit(() => open.promise))
    await rejection(twins[0]!.submit(() => {}))
    const several = MultiPool.create({ name: 'several', pools: 2, size: 1, nonblocking: true })
    const held = [several.submit(() => open.promise), several.submit(() => open.promise)]
    t.false(several.tryExecute(() => {}))
    const handles = [1, 2].map(() => Pool.create({ name: 'measured together', size: 1, shared: true }))
    await handles[0]!.submit(() => {})

    let of = await read()
    t.deepEqual(of('pool_active_workers', 'twin'), { '': 2 })
    t.deepEqual(of('pool_idle_workers', 'twin'), { '': 0 })
    t.deepEqual(of('pool_waiting_tasks', 'twin'), { '': 0 })
    t.deepEqual(of('pool_capacity', 'twin'), { '': 3 })
    t.is(of('pool_refused', 'twin')['overload'], 1)
    t.is(of('pool_refused', 'several')['overload'], 1)
    t.is(of('pool_refused', 'several#0')['overload'], 0)
    t.is(of('pool_tasks', 'measured together')['completed'], 1)

    open.open()
    await Promise.all([...busy, ...held])
    await rejection(twins[1]!.submit(() => Promise.reject(new Error('on purpose'))))
    await twins[0]!.close()
    twins[0]!.reboot()
    of = await read()
    t.deepEqual(of('pool_tasks', 'twin'), { completed: 2, failed: 1, timedOut: 0, cancelled: 0 })
    const { started, reused, retired, crashed } = of('pool_workers', 'twin')
    t.deepEqual(of('pool_workers', 'twin'), { started, reused, retired, crashed }, 'nothing else is counted')
    t.is(started, 2)
    t.is(of('pool_task_duration', 'twin')[''].count, 3)
    t.is(of('pool_task_wait', 'twin')[''].count, 4, 'a refused task has waited, if for no time')
    t.true(of('pool_task_duration', 'twin')[''].sum < 10, 'in seconds')
    await Promise.all([...twins, several, ...handles].map((pool) => pool[Symbol.asyncDispose]()))
  } finally {
    stopOwn()
    await meterProvider.shutdown()
    stop = instrument()
  }
})

test.serial('the utilization and the heap of threads are observed, each by a low number', async (t) => {
  stop()
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1e8 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const stopOwn = instrument({ meterProvider })
  const pool = ThreadPool.create<Functions>({
    name: 'observed threads',
    size: 2,
    minSize: 2,
    filename: fixture('tasks.mjs'),
  })
  try {
    await pool.ready()
    const read = async (name: string): Promise<[thread: unknown, value: number][]> => {
      metricExporter.reset()
      await reader.forceFlush()
      const all = metricExporter.getMetrics()[0]!.scopeMetrics.flatMap(({ metrics }) => metrics)
      const points = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
      return points
        .filter(({ attributes }) => attributes['pool'] === pool.name)
        .map(({ attributes, value }) => [attributes['thread'], value as number])
    }
    const shares = await read('pool_thread_utilization')
    t.deepEqual(
      shares.map(([thread]) => thread),
      [0],
    )
    t.true(shares.every(([, share]) => share >= 0 && share <= 1))
    // As it was at the look before.
    let heaps = await read('pool_thread_heap')
    for (let looks = 0; heaps.length < 1 && looks < 500; looks++) heaps = await read('pool_thread_heap')
    t.is(heaps.length, 1)
    t.true(
      heaps.every(([, bytes]) => bytes > 1e6 && bytes < 1e9),
      JSON.stringify(heaps),
    )
  } finally {
    await pool.close()
    stopOwn()
    await meterProvider.shutdown()
    stop = instrument()
  }
})

test.serial('instrument is called once, says what is wrong at once, and can be ended', async (t) => {
  t.throws(() => instrument(), { code: 'ERR_POOL_OPTION', message: /before/ })
  stop()
  for (const bad of [null, 7, { tracer: 1 }, { tracerProvider: {} }, { meterProvider: 1 }]) {
    t.throws(() => instrument(bad as never), { instanceOf: TypeError, code: 'ERR_POOL_OPTION' })
  }
  await using pool = Pool.create({ name: 'unseen' })
  await pool.submit(() => {})
  t.is(spans('unseen run').length, 0)
  stop = instrument()
  await pool.submit(() => {})
  t.is(spans('unseen run').length, 1)
})
