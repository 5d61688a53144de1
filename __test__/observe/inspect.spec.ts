// `inspect()`: what a pool has, and who waits in which order.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import fc from 'fast-check'
import test from 'ava'
import { MultiPool, Pool } from 'workpool'

import { begun, cells, open } from '../support/cells.js'
import { Remote } from '../support/remote.js'
import { threads } from '../support/threads.js'
import { until } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'stuck-tasks.mjs'))

/** Promises that their tasks wait for, in the order in which the tasks have started. */
class Gates {
  readonly started: string[] = []
  readonly #open: (() => void)[] = []

  task(name: string): () => Promise<void> {
    const run = (): Promise<void> => {
      this.started.push(name)
      return new Promise((resolve) => this.#open.push(resolve))
    }
    return Object.defineProperty(run, 'name', { value: name })
  }

  /** Ends the task that has been running for longest. Gives whether there was one. */
  async endFirst(): Promise<boolean> {
    const first = this.#open.shift()
    first?.()
    // Its end is told from a microtask, and so are the starts that follow.
    await new Promise((resolve) => setImmediate(resolve))
    return first !== undefined
  }

  async endAll(): Promise<void> {
    while (await this.endFirst());
  }
}

test('workers show their tasks, and who waits stands in the order of its start', async (t) => {
  const pool = Pool.create({ name: 'shown', size: 1 })
  const gates = new Gates()
  const all = [
    pool.submit(gates.task('first')),
    pool.submit(gates.task('later')),
    pool.submit(gates.task('urgent'), { priority: 'high', key: 'a', timeout: 60_000 }),
    pool.submit(gates.task('idle'), { priority: 'background' }),
  ]
  const { name, kind, stats, workers, waiting } = pool.inspect()
  t.deepEqual([name, kind, stats.waiting], ['shown', 'closures', 3])
  t.deepEqual(workers, [{ id: workers[0]!.id, state: 'busy', tasks: [{ id: 1, name: 'first', priority: 1 }] }])
  t.deepEqual(
    waiting.map(({ id, name, priority, key }) => ({ id, name, priority, key })),
    [
      { id: 3, name: 'urgent', priority: 0, key: 'a' },
      { id: 2, name: 'later', priority: 1, key: undefined },
      { id: 4, name: 'idle', priority: Infinity, key: undefined },
    ],
  )
  t.true(waiting[0]!.waitMs! >= 0)
  t.is(waiting[1]!.waitMs, undefined, 'a plain task of a plain pool notes no time')
  await gates.endAll()
  await Promise.all(all)
})

test('a task with a timeout shows since when it runs, and an idle worker since when it is idle', async (t) => {
  const pool = Pool.create({ size: 2 })
  const gates = new Gates()
  await pool.submit(() => {})
  const before = Date.now()
  const all = [pool.submit(gates.task('timed'), { timeout: 60_000 }), pool.submit(gates.task('plain'))]
  await new Promise((resolve) => setTimeout(resolve, 20))
  const { workers } = pool.inspect()
  const [timed, plain] = workers.toSorted((a, b) => a.tasks[0]!.id - b.tasks[0]!.id)
  t.true(timed!.tasks[0]!.runMs! >= 19)
  t.true(timed!.since! >= before - 1 && timed!.since! <= Date.now())
  t.is(plain!.tasks[0]!.runMs, undefined)
  await gates.endAll()
  await Promise.all(all)
  for (const { state, since } of pool.inspect().workers) {
    t.is(state, 'idle')
    t.true(since! >= before - 1 && since! <= Date.now() + 1)
  }
})

test('a lease is shown by that name, and a task that has been aborted until it ends', async (t) => {
  const pool = Pool.create({ size: 2, init: () => 'resource', dispose: () => {} })
  const lease = await pool.lease()
  const gates = new Gates()
  const controller = new AbortController()
  const running = pool.submit(gates.task('aborted'), { signal: controller.signal })
  await until(() => gates.started.length === 1, 'the task starts')
  controller.abort(new Error('no'))
  await t.throwsAsync(running, { message: 'no' })
  const names = () => pool.inspect().workers.flatMap(({ tasks }) => tasks.map(({ name }) => name))
  t.deepEqual(names().toSorted(), ['aborted', 'lease'])
  await gates.endAll()
  lease.release()
  t.deepEqual(names(), [])
  await pool.close()
})

test('of very many who wait the first hundred are shown', async (t) => {
  const pool = Pool.create({ size: 1 })
  const all = Array.from({ length: 1_000 }, (_, i) =>
    pool.submit(() => new Promise((resolve) => setImmediate(resolve, i))),
  )
  const { waiting } = pool.inspect()
  t.deepEqual(
    waiting.map(({ id }) => id),
    Array.from({ length: 100 }, (_, i) => i + 2),
  )
  await Promise.all(all)
})

test('the tasks start in the order that was shown if nothing else comes', async (t) => {
  const task = fc.record({
    priority: fc.constantFrom('high' as const, 'normal' as const, 'low' as const, 'background' as const),
    key: fc.constantFrom(undefined, 'a', 'b', 'c'),
    weight: fc.integer({ min: 1, max: 3 }),
  })
  const settings = fc.record({ size: fc.integer({ min: 1, max: 4 }), perKey: fc.constantFrom(1, 2, Infinity) })
  const property = fc.asyncProperty(
    settings,
    fc.array(task, { minLength: 1, maxLength: 25 }),
    async (options, tasks) => {
      const pool = Pool.create(options)
      const gates = new Gates()
      const all = tasks.map((each, i) => pool.submit(gates.task(`task ${i}`), each))
      const shown = pool.inspect().waiting.map(({ name }) => name)
      const begun = gates.started.length
      await gates.endAll()
      await Promise.all(all)
      t.deepEqual(shown, gates.started.slice(begun))
    },
  )
  await fc.assert(property, { numRuns: 60 })
})

test('threads show their exports, and from the second look on how they are', async (t) => {
  const pool = threads(t, { filename, name: 'inside', size: 2 })
  await pool.run(1)
  const gate = cells()
  const running = pool.run(gate, { name: 'loopFor', key: 'k' })
  await begun(gate)
  pool.inspect()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const busy = pool.inspect().workers.find(({ state }) => state === 'busy')!
  t.is(busy.tasks[0]!.name, 'loopFor')
  t.is(busy.tasks[0]!.key, 'k')
  t.true(busy.tasks[0]!.runMs! > 0)
  t.true(Number.isInteger(busy.threadId))
  t.true(busy.lastTurnMs! >= 49, 'it has not answered the first look')
  t.true(busy.utilization! >= 0 && busy.utilization! <= 1)
  open(gate)
  await running
  await until(() => pool.inspect().workers.every(({ lastTurnMs }) => lastTurnMs === 0), 'its event loop answers')
  for (const { heapMb } of pool.inspect().workers) t.true(heapMb! > 1)
})

test('a thread that sleeps for a task has its turn', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  const gate = cells()
  await pool.run(1)
  const running = pool.run(gate, { name: 'waits' })
  await begun(gate)
  pool.inspect()
  await until(() => pool.inspect().workers[0]!.lastTurnMs === 0, 'it answers while it waits')
  t.is(pool.inspect().workers[0]!.state, 'busy')
  open(gate)
  await running
})

test('an isolate sees all tasks of a shared pool, and the names of its own', async (t) => {
  const name = 'seen by several'
  const remote = await Remote.start()
  t.teardown(() => remote.terminate())
  const pool = Pool.create({ name, shared: true, size: 2 })
  await remote.run(({ Pool: Guests }, shared) => {
    const guest = Guests.create({ name: shared, shared: true })
    const held = globalThis as unknown as { guest: unknown }
    held.guest = [
      guest,
      guest.submit(function theirs() {
        return new Promise(() => {})
      }),
    ]
  }, name)
  const gates = new Gates()
  const running = pool.submit(gates.task('mine'))
  const names = pool.inspect().workers.flatMap(({ tasks }) => tasks.map((task) => task.name))
  t.deepEqual(new Set(names), new Set([undefined, 'mine']))
  await gates.endAll()
  await running
})

test('a pool that is closed shows what still runs', async (t) => {
  const pool = Pool.create({ size: 1 })
  const gates = new Gates()
  const [running, waiting] = [pool.submit(gates.task('runs')), pool.submit(gates.task('waits'))]
  pool.release()
  await t.throwsAsync(waiting)
  const { stats, workers, waiting: shown } = pool.inspect()
  t.deepEqual([stats.isClosed, workers[0]!.tasks[0]!.name, shown], [true, 'runs', []])
  await gates.endAll()
  await running
  t.deepEqual(pool.inspect().workers, [])
})

test('a thread that loads its module is booting', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  const before = Date.now()
  const running = pool.run(1)
  const [worker] = pool.inspect().workers
  t.is(worker!.state, 'booting')
  t.true(worker!.since! >= before - 1 && worker!.since! <= Date.now() + 1)
  t.deepEqual(
    pool.inspect().waiting.map(({ name }) => name),
    ['default'],
  )
  await running
})

test('a MultiPool shows the workers and the waiting tasks of all its pools', async (t) => {
  const multi = MultiPool.create({ name: 'many', pools: 2, size: 1 })
  const gates = new Gates()
  const all = ['a', 'b', 'c', 'd'].map((name) => multi.submit(gates.task(name)))
  const { kind, stats, workers, waiting } = multi.inspect()
  t.deepEqual([kind, stats.busy], ['multi', 2])
  t.deepEqual(
    workers.map(({ pool, tasks }) => [pool, tasks[0]!.name]),
    [
      ['many#0', 'a'],
      ['many#1', 'b'],
    ],
  )
  t.deepEqual(new Set(waiting.map(({ pool }) => pool)), new Set(['many#0', 'many#1']))
  await gates.endAll()
  await Promise.all(all)
})

test('JSON.stringify shows the kind, the name, the state and the main numbers', async (t) => {
  const pool = Pool.create({ name: 'text', size: Infinity })
  await pool.submit(() => {})
  await t.throwsAsync(pool.submit(() => Promise.reject(new Error('no'))))
  const numbers = { capacity: null, busy: 0, idle: 1, waiting: 0, unsettled: 0, completed: 1, failed: 1 }
  t.deepEqual(JSON.parse(JSON.stringify({ pool })), {
    pool: { kind: 'closures', name: 'text', state: 'open', ...numbers },
  })
  pool.pause()
  t.is(pool.toJSON().state, 'paused')
  await pool.close()
  t.is(pool.toJSON().state, 'closed')
})
