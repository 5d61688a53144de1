// Which pool a strategy names. Submits are told apart by the pool whose counters they move.
import test from 'ava'
import fc from 'fast-check'
import { MultiPool, Pool, type PoolStats, type Strategy } from 'workpool'

import { type Gate, gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

const sizes = (...all: number[]) => all.map((size) => Pool.create({ size }))
const submitted = (pools: readonly Pool<any>[]) => pools.map((pool) => pool.stats().submitted)

/** The pools that take the next tasks, each of which ends at once. */
function takers(multi: MultiPool<Pool<any>>, pools: readonly Pool<any>[], count: number): number[] {
  return Array.from({ length: count }, () => {
    const before = submitted(pools)
    multi.execute(() => 0)
    return submitted(pools).findIndex((taken, i) => taken > before[i]!)
  })
}

test('round robin begins with pool 0, after create and after a reboot', (t) => {
  const pools = sizes(1, 1, 1)
  const multi = MultiPool.of(pools)
  t.deepEqual(takers(multi, pools, 5), [0, 1, 2, 0, 1])
  multi.reboot()
  t.deepEqual(takers(multi, pools, 2), [2, 0], 'nothing was closed, so nothing was rebooted')
  multi.release()
  multi.reboot()
  t.deepEqual(takers(multi, pools, 4), [0, 1, 2, 0])
  pools[2]!.release()
  multi.reboot()
  t.deepEqual(takers(multi, pools, 2), [0, 1], 'one was')
})

test('least tasks: busy and waiting count alike, the lowest index wins a tie', async (t) => {
  const pools = sizes(2, 2, 2)
  const multi = MultiPool.of(pools, { strategy: 'least-tasks' })
  t.deepEqual(takers(multi, pools, 2), [0, 0])
  const held = [occupy(pools[0]!, 3), occupy(pools[1]!, 4), occupy(pools[2]!, 2)]
  const more = occupy(multi, 4)
  // 3, 4, 2 tasks; then 3, 4, 3; then 4, 4, 3; then 4, 4, 4; the last one goes to the first pool.
  t.deepEqual(
    pools.map(({ busy, waiting }) => busy + waiting),
    [5, 4, 4],
  )
  for (const { finish } of [...held, more]) await finish()
})

test('strategies know nothing of results: a pool whose tasks fail at once gets all of them', async (t) => {
  for (const strategy of ['least-tasks', 'weighted-least-tasks'] as const) {
    // Of equals the first one is named, so the pool that fails is the last.
    const pools = sizes(8, 8)
    const multi = MultiPool.of(pools, { strategy })
    const { finish } = occupy(pools[0]!, 1)
    for (let i = 0; i < 20; i++) {
      const fails = () => Promise.reject(new Error('as the pool is not well'))
      t.is((await rejection(multi.submit(fails))).message, 'as the pool is not well')
    }
    t.deepEqual(submitted(pools), [1, 20])
    t.is(pools[1]!.stats().failed, 20)
    // Whoever knows it takes the pool out.
    pools[1]!.release()
    await multi.submit(() => 0)
    t.deepEqual(submitted(pools), [2, 20])
    await finish()
  }
})

test('weighted least tasks: one that waits counts for two that run', async (t) => {
  // A closed pool, which has nothing to do, is not named for that.
  const pools = sizes(1, 4, 1)
  pools[2]!.release()
  const multi = MultiPool.of(pools)
  const waits = () => pools.map(({ waiting }) => waiting)
  const held = [occupy(pools[0]!, 3), occupy(pools[1]!, 4)]
  // 1 + 2 × 2 = 5 against 4, but 3 tasks against 4.
  multi.setStrategy('weighted-least-tasks')
  held.push(occupy(multi, 1))
  t.deepEqual(waits(), [2, 1, 0])
  multi.setStrategy('least-tasks')
  held.push(occupy(multi, 1))
  t.deepEqual(waits(), [3, 1, 0])
  for (const { gates } of held) for (const { open } of gates) open()
  for (const { finish } of held) await finish()
})

test('smart round robin passes over pools with nothing available, unless that is all of them', async (t) => {
  const pools = sizes(1, 1, 1, 1)
  const multi = MultiPool.of(pools, { strategy: 'smart-round-robin' })
  const held = [occupy(pools[1]!, 1), occupy(pools[2]!, 1)]
  t.deepEqual(takers(multi, pools, 4), [0, 3, 0, 3])
  pools[3]!.release()
  t.deepEqual(takers(multi, pools, 2), [0, 0])
  held.push(occupy(pools[0]!, 1))
  pools[3]!.reboot()
  held.push(occupy(pools[3]!, 1))
  const more = occupy(multi, 4)
  t.deepEqual(
    pools.map((pool) => pool.waiting),
    [1, 1, 1, 1],
  )
  for (const { finish } of [...held, more]) await finish()
})

test('a function is given the stats of all pools and names one', (t) => {
  const seen: (readonly PoolStats[])[] = []
  const pools = sizes(1, 2, 3)
  const multi = MultiPool.of(pools, { strategy: (stats) => (seen.push(stats), stats.length - 1) })
  t.deepEqual(takers(multi, pools, 2), [2, 2])
  t.deepEqual(
    seen[1]!.map(({ capacity, submitted }) => [capacity, submitted]),
    [
      [1, 0],
      [2, 0],
      [3, 1],
    ],
  )
  t.not(seen[0], seen[1])
})

test('a bad index is a RangeError; what a function throws is what the submit rejects with', async (t) => {
  let next: unknown
  const multi = MultiPool.create({ pools: 3, strategy: () => next as number })
  for (next of [NaN, -1, 1.5, 3, Infinity, 'x', '1', undefined, null, 1n, Symbol('s')]) {
    const expected = { code: 'ERR_POOL_OPTION', instanceOf: RangeError, message: /index.*integer from 0 to 2/ }
    await t.throwsAsync(
      multi.submit(() => t.fail()),
      expected,
    )
    t.throws(() => multi.execute(() => t.fail()), expected)
    t.throws(() => multi.tryExecute(() => t.fail()), expected)
  }
  const thrown = new Error('Oops!')
  multi.setStrategy(() => {
    throw thrown
  })
  t.is(await rejection(multi.submit(() => t.fail())), thrown)
  t.is(
    t.throws(() => multi.execute(() => t.fail())),
    thrown,
  )
  t.is(
    t.throws(() => multi.tryExecute(() => t.fail())),
    thrown,
  )
  t.like(multi.stats(), { submitted: 0, rejected: { overload: 0, closed: 0 } })
})

test('a strategy may be changed at any time, even by itself', (t) => {
  const pools = sizes(1, 1, 1)
  const multi = MultiPool.of(pools)
  t.deepEqual(takers(multi, pools, 2), [0, 1])
  multi.setStrategy(() => {
    multi.setStrategy('round-robin')
    return 1
  })
  t.deepEqual(takers(multi, pools, 3), [1, 2, 0])
  for (const bad of [undefined, null, 5, 'random']) {
    t.throws(() => multi.setStrategy(bad as never), { code: 'ERR_POOL_OPTION' })
  }
  t.deepEqual(takers(multi, pools, 1), [1])
})

// ── against a model ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Model {
  readonly size: number
  /** Most waiting tasks; 0 = none may wait. */
  readonly bound: number
  busy: number
  waiting: number
  isClosed: boolean
}

const tasksOf = ({ busy, waiting }: Model) => busy + waiting
const hasRoom = ({ isClosed, busy, size }: Model) => !isClosed && busy < size
const letsWait = ({ isClosed, waiting, bound }: Model) => !isClosed && waiting < bound

/** The indices in the order of a key, ties in their own. */
const sorted = (models: readonly Model[], key: (model: Model) => number) =>
  models.map((_, i) => i).sort((a, b) => key(models[a]!) - key(models[b]!) || a - b)

/** Section by section what the design says: who is named, who takes the task, or `undefined`. */
class Chooser {
  #next = 0
  constructor(
    readonly models: readonly Model[],
    readonly strategy: Strategy,
  ) {}

  choose(): Model | undefined {
    const named = this.#name()
    const others = sorted(this.models, tasksOf).filter((i) => i !== named)
    const inOrder = [named, ...others].map((i) => this.models[i]!)
    return inOrder.find(hasRoom) ?? inOrder.find(letsWait)
  }

  restart(): void {
    this.#next = 0
  }

  #name(): number {
    const { models, strategy } = this
    const pools = models.length
    const least = (weight: number) =>
      sorted(models, ({ busy, waiting, isClosed }) => (isClosed ? 1e6 : busy + weight * waiting))[0]!
    if (typeof strategy === 'function') return pools - 1
    if (strategy === 'least-tasks') return least(1)
    if (strategy === 'weighted-least-tasks') return least(2)
    const cycle = models.map((_, i) => (this.#next + i) % pools)
    const vacant = strategy === 'smart-round-robin' ? cycle.find((i) => hasRoom(models[i]!)) : undefined
    const named = vacant ?? cycle[0]!
    this.#next = (named + 1) % pools
    return named
  }
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'submit' as const, of: 0 }) },
  { weight: 4, arbitrary: fc.nat(50).map((of) => ({ kind: 'finish' as const, of })) },
  { weight: 1, arbitrary: fc.nat(4).map((of) => ({ kind: 'close' as const, of })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reboot' as const, of: 0 }) },
)
const pool = fc.record({ size: fc.integer({ min: 1, max: 3 }), bound: fc.integer({ min: 0, max: 3 }) })
const somePools = fc.array(pool, { minLength: 1, maxLength: 5 })
const strategies: Strategy[] = ['round-robin', 'least-tasks', 'smart-round-robin', 'weighted-least-tasks']

for (const strategy of [...strategies, (stats: readonly PoolStats[]) => stats.length - 1]) {
  const title = typeof strategy === 'string' ? strategy : 'a function'
  test(`the pool that takes a task is that of a naive model: ${title}`, async (t) => {
    t.timeout(60_000)
    await fc.assert(fc.asyncProperty(somePools, fc.array(step, { maxLength: 60 }), run(strategy)), { numRuns: 150 })
    t.pass()
  })
}

type Step = { kind: 'submit' | 'finish' | 'close' | 'reboot'; of: number }

function run(strategy: Strategy) {
  return async (given: readonly { size: number; bound: number }[], steps: readonly Step[]): Promise<void> => {
    const pools = given.map(({ size, bound }) =>
      Pool.create({ size, nonblocking: bound === 0, maxBlockingTasks: bound }),
    )
    const models = given.map((each): Model => ({ ...each, busy: 0, waiting: 0, isClosed: false }))
    const multi = MultiPool.of(pools, { strategy })
    const chooser = new Chooser(models, strategy)
    const running: { model: Model; end: Gate; task: Promise<void> }[] = []
    const queues = new Map<Model, (typeof running)[number][]>(models.map((model) => [model, []]))
    let refused = 0

    for (const { kind, of } of steps) {
      if (kind === 'submit') {
        const model = chooser.choose()
        const end = gate()
        const task = multi.submit(() => end.promise)
        task.catch(() => {})
        const entry = { model: model!, end, task }
        if (model === undefined) refused++
        else if (hasRoom(model)) model.busy = running.push(entry) && model.busy + 1
        else model.waiting = queues.get(model)!.push(entry)
      } else if (kind === 'finish' && running.length > 0) {
        const [{ model, end, task }] = running.splice(of % running.length, 1) as [(typeof running)[number]]
        end.open()
        await task
        const next = queues.get(model)!.shift()
        if (next !== undefined) running.push(next)
        if (next === undefined) model.busy--
        else model.waiting--
      } else if (kind === 'close') {
        // Only vacant pools, so that the model need not know of generations.
        const model = models[of % models.length]!
        if (tasksOf(model) > 0) continue
        pools[of % models.length]!.release()
        model.isClosed = true
      } else if (kind === 'reboot') {
        multi.reboot()
        if (models.some(({ isClosed }) => isClosed)) chooser.restart()
        for (const model of models) model.isClosed = false
      }
      const seen = pools.map(({ busy, waiting, isClosed }) => ({ busy, waiting, isClosed }))
      const expected = models.map(({ busy, waiting, isClosed }) => ({ busy, waiting, isClosed }))
      const { overload, closed } = multi.stats().rejected
      const actual = JSON.stringify([seen, overload + closed])
      const wanted = JSON.stringify([expected, refused])
      if (actual !== wanted) throw new Error(`after ${kind}: ${actual} is not ${wanted}`)
    }
    multi.release()
    for (const { end } of running) end.open()
    await multi.releaseTimeout(5_000)
  }
}

test('smart round robin skips a pool whose only worker is being disposed of', async (t) => {
  const closed = gate()
  const broken = { init: () => 0, dispose: () => closed.promise, isBroken: () => true }
  const pools: Pool<any>[] = [Pool.create({ size: 1, ...broken }), ...sizes(2, 2)]
  await rejection(pools[0]!.submit(() => Promise.reject(new Error('lost'))))
  t.is(pools[0]!.available, 0)
  const multi = MultiPool.of(pools, { strategy: 'smart-round-robin' })
  t.deepEqual(takers(multi, pools, 4), [1, 2, 1, 2])
  closed.open()
  await multi.close()
})
