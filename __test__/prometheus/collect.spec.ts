// `workpool/prometheus`, with the real prom-client, scraped over HTTP.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'
import { AggregatorRegistry, Counter, Registry, type RegistryContentType } from 'prom-client'
import { MultiPool, Pool, type PoolStats, ThreadPool, pools } from 'workpool'
import { type CollectOptions, collect } from 'workpool/prometheus'

import { begun, cells, open as openCells } from '../support/cells.js'
import { type Scraped, serve } from '../support/exposition.js'
import { gate, occupy } from '../support/gate.js'
import { Remote } from '../support/remote.js'
import { rejection, until } from '../support/until.js'

const tasks = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'stuck-tasks.mjs'))

/** Collects into a registry of its own, until the test ends. */
async function collecting(t: ExecutionContext, options: Partial<CollectOptions> = {}) {
  const registry = new Registry()
  const { stop } = collect({ registry, ...options })
  t.teardown(stop)
  return { registry, scrape: await serve(t, registry) }
}

/** What a scrape tells of a pool is what its `stats()` say. */
function equals(t: ExecutionContext, scraped: Scraped, stats: PoolStats): void {
  const pool = { pool: stats.name }
  const { completed, failed, timedOut, cancelled, rejected } = stats
  const { reuseRate: _, ...workers } = stats.workers
  t.deepEqual(scraped.by('outcome', 'pool_tasks_total', pool), { completed, failed, timedOut, cancelled })
  t.deepEqual(scraped.by('reason', 'pool_refused_total', pool), { ...rejected })
  t.deepEqual(scraped.by('event', 'pool_workers_total', pool), workers)
  t.is(scraped.value('pool_panics_total', pool), failed)
  t.is(scraped.value('pool_active_workers', pool), stats.busy)
  t.is(scraped.value('pool_idle_workers', pool), stats.idle)
  t.is(scraped.value('pool_waiting_tasks', pool), stats.waiting)
  t.is(scraped.value('pool_capacity', pool), stats.capacity)
}

/** Refuses a task of the pool for each reason that there is. */
async function refuseForEachReason(pool: Pool): Promise<void> {
  const { finish } = occupy(pool, pool.capacity)
  const idle = () => {}
  // A closed pool refuses; one that is released rejects what waits.
  const released = rejection(pool.submit(idle))
  pool.release()
  await released
  await rejection(pool.submit(idle))
  await finish()
  await pool.close()
  pool.reboot()

  const held = occupy(pool, pool.capacity)
  await rejection(pool.submit(idle, { waitTimeout: 1 }))
  const cleared = rejection(pool.submit(idle))
  pool.clear()
  await cleared
  pool.configure({ perKey: 1, maxBlockingPerKey: 1 })
  const ofKey = rejection(pool.submit(idle, { key: 'k' }))
  await rejection(pool.submit(idle, { key: 'k' }))
  pool.clear()
  await ofKey
  pool.configure({ maxBlockingTasks: 1 })
  const displaced = rejection(pool.submit(idle))
  await rejection(pool.submit(idle))
  pool.configure({ overload: 'discard-oldest' })
  const last = pool.submit(idle)
  await displaced
  await held.finish()
  await last
  pool.configure({ nonblocking: true, overload: 'reject' })
  pool.pause()
  await rejection(pool.submit(idle))
  pool.resume()
  pool.configure({ rate: { limit: 1, interval: 3_600_000 } })
  await pool.submit(idle)
  await rejection(pool.submit(idle))
  pool.configure({ rate: false, nonblocking: false, maxBlockingTasks: 0 })

  pool.configure({ shed: { target: 1, interval: 1 } })
  const standing = occupy(pool, pool.capacity)
  const waiting = Array.from({ length: 200 }, () =>
    pool.submit(() => new Promise((resolve) => setTimeout(resolve, 1))).catch(idle),
  )
  await new Promise((resolve) => setTimeout(resolve, 20))
  await standing.finish()
  await Promise.all(waiting)
  pool.configure({ shed: false })
}

test.serial(
  'a scrape after 100,000 tasks, with failures, every refusal and a reboot, equals the counters',
  async (t) => {
    const { scrape } = await collecting(t)
    const pool = Pool.create({ name: 'scraped', size: 16, measure: true })
    const batch = 1_000
    for (let done = 0; done < 100_000; done += batch) {
      const batchOfTasks = Array.from({ length: batch }, (_, i) =>
        pool.submit(i % 10 === 0 ? () => Promise.reject(new Error('on purpose')) : async () => i),
      )
      await Promise.allSettled(batchOfTasks)
    }
    await rejection(pool.submit(() => new Promise((resolve) => setTimeout(resolve, 10)), { timeout: 1 }))
    const controller = new AbortController()
    const aborted = rejection(
      pool.submit(() => new Promise((resolve) => setTimeout(resolve, 10)), { signal: controller.signal }),
    )
    controller.abort()
    await aborted
    await pool.drain()
    await refuseForEachReason(pool)
    const stats = pool.stats()
    t.like(stats, { failed: 10_000, timedOut: 1, cancelled: 1, generation: 2 })
    t.true(stats.completed >= 90_000)
    for (const [reason, count] of Object.entries(stats.rejected)) t.true(count > 0, `no task was refused for ${reason}`)
    const scraped = await scrape()
    equals(t, scraped, pool.stats())
    for (const [metric, measure] of [
      ['pool_task_duration_seconds', 'run'],
      ['pool_task_wait_seconds', 'wait'],
    ] as const) {
      const histogram = pool.histogram(measure)
      const labels = { pool: 'scraped' }
      t.is(scraped.value(`${metric}_count`, labels), histogram.count)
      t.true(Math.abs(scraped.value(`${metric}_sum`, labels)! - histogram.sum / 1e3) < 1e-9)
      const { '+Inf': all, ...buckets } = scraped.by('le', `${metric}_bucket`, labels)
      t.is(all, histogram.count)
      t.is(Object.keys(buckets).length, 16)
      for (const [le, count] of Object.entries(buckets)) t.is(count, histogram.countBelow(Number(le) * 1e3), le)
    }
    await pool.close()
    equals(t, await scrape(), pool.stats())
  },
)

/** Whether a series may fall. */
const isCounter = ({ types }: Scraped, key: string): boolean => {
  const name = key.slice(0, key.indexOf('{'))
  return types.get(name) === 'counter' || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram'
}

/** Notes that no series that counts falls, or goes, from one scrape to the next. */
function neverFalls(t: ExecutionContext, scrape: () => Promise<Scraped>) {
  let before: Scraped | undefined
  return async (): Promise<Scraped> => {
    const now = await scrape()
    for (const [key, value] of before?.series ?? []) {
      if (!isCounter(before!, key)) continue
      const later = now.series.get(key)
      if (later === undefined || later < value) t.fail(`${key} was ${value}, and is ${later}`)
    }
    return (before = now)
  }
}

/** Lets the event loop turn, and the garbage be collected, until that is so. */
async function collected(condition: () => boolean, what: string): Promise<void> {
  await until(() => {
    globalThis.gc!()
    return condition()
  }, what)
}

test.serial(
  'no counter falls and no task is lost, whatever pools come, are closed, rebooted, and collected',
  async (t) => {
    const { scrape } = await collecting(t)
    const look = neverFalls(t, scrape)
    const listed = (name: string) => pools().filter((pool) => pool.name === name).length
    let [completed, failed, overload] = [0, 0, 0]
    // Not inlined, so that nothing of it is left on the stack.
    const round = async (number: number, isScraped: boolean): Promise<void> => {
      const pool = Pool.create({ name: 'round', size: 2, nonblocking: true, measure: true })
      for (let task = 0; task < 50; task++) {
        if (task % 5 > 0) await pool.submit(async () => task)
        else await rejection(pool.submit(() => Promise.reject(new Error('on purpose'))))
      }
      const { finish } = occupy(pool, 2)
      await rejection(pool.submit(() => {}))
      if (isScraped) await look()
      await finish()
      if (number % 3 === 0) await pool.close()
      if (number % 6 === 0) {
        pool.reboot()
        await pool.submit(() => {})
        completed++
      }
      completed += 42
      failed += 10
      overload++
    }
    for (let number = 0; number < 24; number++) {
      await round(number, number % 2 === 0)
      if (number % 4 === 3) {
        await collected(() => listed('round') === 0, 'the pools are collected')
        await look()
      }
    }
    await collected(() => listed('round') === 0, 'the pools are collected')
    // The registries of what is collected are told one after the other.
    let last = await look()
    while (last.value('pool_active_workers', { pool: 'round' }) !== undefined) last = await look()
    const of = { pool: 'round' }
    t.deepEqual(last.by('outcome', 'pool_tasks_total', of), { completed, failed, timedOut: 0, cancelled: 0 })
    t.is(last.by('reason', 'pool_refused_total', of)['overload'], overload)
    t.is(last.value('pool_task_duration_seconds_count', of), completed + failed)
    t.is(last.value('pool_capacity', of), undefined, 'what is gone has no gauges')
  },
)

test.serial(
  'pools of one name are one series, those of a MultiPool are there once, and so is a shared one',
  async (t) => {
    const { scrape } = await collecting(t)
    const open = gate()
    const twins = [1, 2].map((size) => Pool.create({ name: 'twin', size, nonblocking: true }))
    const several = MultiPool.create({ name: 'several', pools: 2, size: 1, nonblocking: true })
    const handles = [1, 2].map(() => Pool.create({ name: 'scraped together', size: 3, shared: true }))
    const busy = [...twins.map((pool) => pool.submit(() => open.promise)), several.submit(() => open.promise)]
    busy.push(
      several.submit(() => open.promise),
      handles[0]!.submit(() => open.promise),
    )
    t.false(several.tryExecute(() => {}))
    t.false(twins[0]!.tryExecute(() => {}))
    const scraped = await scrape()
    const value = (name: string, pool: string) => scraped.value(`pool_${name}`, { pool })
    t.deepEqual([value('capacity', 'twin'), value('active_workers', 'twin')], [3, 2])
    t.is(scraped.by('reason', 'pool_refused_total', { pool: 'twin' })['overload'], 1)
    t.is(value('active_workers', 'several'), undefined, 'its pools have them')
    t.deepEqual([value('active_workers', 'several#0'), value('active_workers', 'several#1')], [1, 1])
    t.is(scraped.by('reason', 'pool_refused_total', { pool: 'several' })['overload'], 1)
    t.is(scraped.by('reason', 'pool_refused_total', { pool: 'several#0' })['overload'], 0)
    t.deepEqual([value('capacity', 'scraped together'), value('active_workers', 'scraped together')], [3, 1])
    open.open()
    await Promise.all(busy)
  },
)

test.serial('a capacity without a limit is infinite', async (t) => {
  const { scrape } = await collecting(t)
  const pool = Pool.create({ name: 'boundless', size: Infinity })
  t.is((await scrape()).value('pool_capacity', { pool: pool.name }), Infinity)
})

test.serial(
  'a shared pool that is made anew counts on, and one to which the isolate comes back counts once',
  async (t) => {
    t.timeout(30_000)
    const { scrape } = await collecting(t)
    const look = neverFalls(t, scrape)
    const options = { name: 'shared anew', shared: true }
    const completed = (scraped: Scraped) =>
      scraped.by('outcome', 'pool_tasks_total', { pool: options.name })['completed']
    const listed = () => pools().some(({ name }) => name === options.name)
    // One of another kind has the same name.
    const threads = ThreadPool.create({ ...options, filename: tasks, size: 1 })
    await threads.run(1)
    t.is(completed(await look()), 1)
    const use = async (count: number): Promise<void> => {
      const pool = Pool.create(options)
      await pool.submitAll(Array.from({ length: count }, () => async () => {}))
      await look()
      await pool[Symbol.asyncDispose]()
    }
    await use(5)
    await use(2)
    t.is(completed(await look()), 8, 'the second was another pool')

    const other = await Remote.start()
    await other.run(
      ({ Pool, kept }: any, name: string) => void (kept.pool = Pool.create({ name, shared: true })),
      options.name,
    )
    await use(4)
    await collected(() => pools().filter(({ name }) => name === options.name).length === 1, 'the handles are collected')
    await other.run(({ kept }: any) => kept.pool.submit(() => {}))
    await use(3)
    t.is(completed(await look()), 8 + 4 + 1 + 3, 'it was the same pool all the time')
    await other.terminate()
    await threads[Symbol.asyncDispose]()
    t.true(listed())
  },
)

test.serial(
  'of threads there are the utilization and the heap, each with a low number that is used again',
  async (t) => {
    t.timeout(60_000)
    const { scrape } = await collecting(t)
    const twins = [1, 2].map(() =>
      ThreadPool.create({ name: 'threads', filename: tasks, size: 1, recycle: { tasks: 2 } }),
    )
    t.teardown(() => Promise.all(twins.map((pool) => pool.destroy())))
    const array = cells()
    const running = twins.map((pool) => pool.run(array, { name: 'loopFor' }))
    await begun(array, 2)
    const first = await scrape()
    const of = { pool: 'threads' }
    t.deepEqual(Object.keys(first.by('thread', 'pool_thread_utilization', of)), ['0', '1'])
    openCells(array)
    await Promise.all(running)
    const heaps = async () => (await scrape()).by('thread', 'pool_thread_heap_bytes', of)
    let bytes = await heaps()
    for (let looks = 0; Object.keys(bytes).length < 2 && looks < 500; looks++) bytes = await heaps()
    t.deepEqual(Object.keys(bytes), ['0', '1'], 'a thread answers between two scrapes')
    for (const each of Object.values(bytes)) t.true(each > 1e6 && each < 1e9, `${each} bytes`)
    for (let generation = 2; generation < 7; generation++) {
      for (let task = 0; task < 2; task++) await Promise.all(twins.map((pool) => pool.run(1)))
      await until(() => twins.every((pool) => pool.stats().workers.started >= generation), 'other threads have come')
      await Promise.all(twins.map((pool) => pool.ready()))
      // Those that were there before may not have ended yet.
      const numbers = Object.keys((await scrape()).by('thread', 'pool_thread_utilization', of)).map(Number)
      t.true(numbers.length > 0 && Math.max(...numbers) < 6, numbers.join())
    }
  },
)

test.serial(
  'only the pools that are asked for are told of, with those of a MultiPool; what they have counted stays',
  async (t) => {
    const [one, other, multi] = [
      Pool.create({ name: 'one' }),
      Pool.create({ name: 'other' }),
      MultiPool.create({ name: 'multi', pools: 2 }),
    ]
    let asked: (Pool | MultiPool<Pool>)[] = [one, multi]
    const { scrape } = await collecting(t, { pools: () => asked })
    await one.submit(() => {})
    await other.submit(() => {})
    const named = (scraped: Scraped) => Object.keys(scraped.by('pool', 'pool_tasks_total', { outcome: 'completed' }))
    let scraped = await scrape()
    t.deepEqual(named(scraped).toSorted(), ['multi#0', 'multi#1', 'one'])
    t.is(scraped.by('reason', 'pool_refused_total', { pool: 'multi' })['overload'], 0)
    asked = [other]
    await one.submit(() => {})
    scraped = await scrape()
    t.deepEqual(named(scraped).toSorted(), ['multi#0', 'multi#1', 'one', 'other'])
    t.is(scraped.value('pool_capacity', { pool: 'one' }), undefined)
    t.is(scraped.value('pool_tasks_total', { pool: 'one', outcome: 'completed' }), 1)
    asked = [one, one]
    t.is((await scrape()).value('pool_tasks_total', { pool: 'one', outcome: 'completed' }), 2)
  },
)

test.serial('what is no pool fails the scrape, and the next one goes on', async (t) => {
  const pool = Pool.create({ name: 'real' })
  for (const bad of [[pool.with({ priority: 'low' })], [{}], [undefined], 7, undefined]) {
    let asked: unknown = bad
    const { registry } = await collecting(t, { pools: () => asked as Pool[] })
    t.like(await rejection(registry.metrics()), { code: 'ERR_POOL_OPTION', name: 'TypeError' }, String(bad))
    asked = [pool]
    t.regex(await registry.metrics(), /pool_capacity\{pool="real"\} 256/)
  }
})

test.serial('prefix and labels are those of all metrics', async (t) => {
  const pool = Pool.create({ name: 'la"bel\n', measure: true })
  await pool.submit(() => {})
  const { scrape } = await collecting(t, { prefix: 'shop:', labels: { service: 'orders' }, pools: () => [pool] })
  const { types, series } = await scrape()
  t.is(types.size, 12)
  for (const name of types.keys()) t.true(name.startsWith('shop:'), name)
  t.true(series.size > 40)
  for (const key of series.keys()) {
    t.true(key.includes('service,orders'), key)
    t.true(key.includes('pool,la\\"bel\\n'), key)
  }
})

test.serial('stop takes the metrics out of the registry, and they can be collected again', async (t) => {
  const registry = new Registry()
  const own = new Counter({ name: 'own_total', help: 'Of the program.', registers: [registry] })
  own.inc()
  const pool = Pool.create({ name: 'stopped' })
  await pool.submit(() => {})
  {
    using collecting = collect({ registry })
    t.regex(await registry.metrics(), /pool_tasks_total\{pool="stopped",outcome="completed"\} 1/)
    t.throws(() => collect({ registry }), { code: 'ERR_POOL_OPTION', message: /has a metric pool_active_workers/ })
    t.regex(await registry.metrics(), /pool_tasks_total\{pool="stopped"/, 'the first goes on')
    collect({ registry, prefix: 'other_' }).stop()
    t.notRegex(await registry.metrics(), /other_/)
    collecting.stop()
    t.is((await registry.metrics()).trim().split('\n').length, 3)
  }
  const again = collect({ registry })
  registry.clear()
  const foreign = new Counter({ name: 'pool_tasks_total', help: 'Of somebody else.', registers: [registry] })
  foreign.inc()
  again.stop()
  t.regex(await registry.metrics(), /pool_tasks_total 1/, 'what is not ours stays')
  t.throws(() => collect({ registry }), { message: /has a metric pool_tasks_total/ })
  t.is(registry.getMetricsAsArray().length, 1, 'nothing is left behind')
})

test.serial(
  'it works with OpenMetrics, with a reset, with default labels, and with the sums of a cluster',
  async (t) => {
    const registry = new Registry<RegistryContentType>()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const pool = Pool.create({ name: 'formats' })
    using _ = collect({ registry, pools: () => [pool] })
    await pool.submit(() => {})
    for (let scrape = 0; scrape < 2; scrape++) {
      const text = await registry.metrics()
      t.regex(text, /# TYPE pool_tasks counter\npool_tasks_total\{pool="formats",outcome="completed"\} 1\n/)
      t.true(text.endsWith('# EOF\n'))
    }
    registry.resetMetrics()
    registry.setDefaultLabels({ region: 'north' })
    t.regex(await registry.metrics(), /pool_tasks_total\{pool="formats",outcome="completed",region="north"\} 1\n/)

    const plain = new Registry()
    const { stop } = collect({ registry: plain, pools: () => [pool] })
    const json = await plain.getMetricsAsJSON()
    const sum = await AggregatorRegistry.aggregate([json, structuredClone(json)]).metrics()
    t.regex(sum, /pool_tasks_total\{pool="formats",outcome="completed"\} 2\n/)
    stop()
    t.is(await plain.metrics(), '\n')
  },
)

const bad: [options: unknown, name: 'TypeError' | 'RangeError', message: RegExp][] = [
  [undefined, 'TypeError', /registry must be a registry of prom-client/],
  [null, 'TypeError', /options of collect/],
  [{}, 'TypeError', /registry must be/],
  [{ registry: {} }, 'TypeError', /registry must be/],
  [{ registry: null }, 'TypeError', /registry must be/],
  [{ registry: new Registry(), pools: [] }, 'TypeError', /pools must be a function/],
  [{ registry: new Registry(), prefix: 7 }, 'TypeError', /prefix must be a string/],
  [{ registry: new Registry(), prefix: '1_' }, 'RangeError', /prefix must be/],
  [{ registry: new Registry(), prefix: 'a-b' }, 'RangeError', /prefix must be/],
  [{ registry: new Registry(), labels: 'service' }, 'TypeError', /labels must be an object/],
  [{ registry: new Registry(), labels: { 'a-b': '1' } }, 'TypeError', /labels\.a-b is no name/],
  [{ registry: new Registry(), labels: { __a: '1' } }, 'TypeError', /labels\.__a is no name/],
  [{ registry: new Registry(), labels: { pool: 'x' } }, 'TypeError', /labels\.pool: .* are labels of the metrics/],
  [{ registry: new Registry(), labels: { service: 7 } }, 'TypeError', /labels\.service must be a string/],
  [{ registry: new Registry(), regsitry: 1 }, 'TypeError', /did you mean registry/],
]
for (const [index, [options, name, message]] of bad.entries()) {
  test(`bad options are refused at once, and nothing is registered (${index}: ${message.source})`, async (t) => {
    t.throws(() => collect(options as never), { code: 'ERR_POOL_OPTION', name, message })
    const registry = (options as { registry?: Registry } | null | undefined)?.registry
    if (registry instanceof Registry) t.is(registry.getMetricsAsArray().length, 0)
  })
}
