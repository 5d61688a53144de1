// Who awaits a vacancy stands in the queue as a task does: nobody who uses `vacancy` or `map` starves behind callers of `submit`.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { MultiPool, Pool, ThreadPool, WaitTimeoutError } from 'workpool'

import { crowd, inTime } from '../support/crowd.js'
import { gate, occupy } from '../support/gate.js'
import { Remote } from '../support/remote.js'
import { rejection } from '../support/until.js'

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}

const items = Array.from({ length: 20 }, (_, index) => index)

for (const kind of ['sync', 'async'] as const) {
  test(`map gets on beside callers that loop submit, ${kind} source`, async (t) => {
    const pool = Pool.create({ size: 2 })
    const others = crowd(3, () => pool.submit(turn))
    async function* source() {
      for (const item of items) {
        await turn()
        yield item
      }
    }
    const results = collect(pool.map(kind === 'sync' ? items : source(), async (item) => (await turn(), item)))
    t.deepEqual(await inTime(results), items)
    await others.stop()
  })
}

test('vacancy comes beside callers that loop submit, and what is submitted then runs', async (t) => {
  const pool = Pool.create({ size: 2 })
  const others = crowd(3, () => pool.submit(turn))
  for (let i = 0; i < 20; i++) {
    await inTime(pool.vacancy())
    t.is(await inTime(pool.submit(() => i)), i)
  }
  await others.stop()
})

test('each gets its share: of four that stand in line for one worker every fourth start is the map’s', async (t) => {
  const pool = Pool.create({ size: 1 })
  const order: string[] = []
  const others = crowd(3, () => pool.submit(async () => (order.push('other'), turn())))
  await inTime(collect(pool.map(items, async () => (order.push('map'), turn()))))
  await others.stop()
  const gaps = order
    .join(' ')
    .split('map')
    .slice(1, -1)
    .map((between) => between.split('other').length - 1)
  t.is(gaps.length, items.length - 1)
  t.deepEqual(new Set(gaps), new Set([3]), order.join(' '))
})

test('the priority of a map is that of its items before they are pulled', async (t) => {
  const pool = Pool.create({ size: 1 })
  const order: string[] = []
  const first = occupy(pool, 1)
  const task = (name: string) => async () => void order.push(name)
  const normal = [1, 2, 3].map((i) => pool.submit(task(`normal ${i}`)))
  const low = collect(pool.map([1, 2], (item) => task(`low ${item}`)(), { priority: 'low' }))
  const high = collect(pool.map([1, 2, 3], (item) => task(`high ${item}`)(), { priority: 'high' }))
  await first.finish()
  await inTime(Promise.all([...normal, low, high]))
  // In a window of one the next item is wanted when the result before it is yielded, and then it is the first to start.
  t.deepEqual(order, ['high 1', 'normal 1', 'high 2', 'normal 2', 'high 3', 'normal 3', 'low 1', 'low 2'])
})

test('a map waits no longer than waitTimeout for a worker, and pulls nothing for it', async (t) => {
  const pool = Pool.create({ size: 1 })
  const occupants = occupy(pool, 1)
  let pulled = 0
  function* source() {
    for (;;) yield pulled++
  }
  const since = performance.now()
  const error = await rejection(inTime(collect(pool.map(source(), () => 0, { waitTimeout: 30 }))))
  t.true(error instanceof WaitTimeoutError)
  t.is(error.waitTimeout, 30)
  t.true(performance.now() - since >= 29)
  t.is(pulled, 0)
  t.is((await rejection(collect(pool.map(source(), () => 0, { waitTimeout: 0 })))).code, 'ERR_POOL_WAIT_TIMEOUT')
  const { submitted, rejected } = pool.stats()
  t.deepEqual([submitted, rejected.waitTimeout], [1, 0], 'what was never pulled is no task')
  await occupants.finish()
  t.deepEqual(await collect(pool.map(items, (item) => item, { waitTimeout: 0 })), items, 'its own tasks are no reason')
})

test('who awaits a vacancy counts as nothing', async (t) => {
  const pool = Pool.create({ size: 1, maxBlockingTasks: 1 })
  const occupants = occupy(pool, 1)
  const vacancies = [1, 2, 3].map(() => pool.vacancy())
  t.like(pool.stats(), { waiting: 0, peakWaiting: 0, submitted: 1 })
  const task = pool.submit(() => 'waited')
  t.is(pool.waiting, 1)
  await occupants.finish()
  await inTime(Promise.all(vacancies))
  t.is(await inTime(task), 'waited')
})

test('a turn that nobody uses is over with the turn of the event loop, and a waiting task starts', async (t) => {
  const pool = Pool.create({ size: 1 })
  const occupants = occupy(pool, 1)
  const order: string[] = []
  const vacancy = pool.vacancy().then(() => void order.push('told'))
  const task = pool.submit(() => void order.push('ran'))
  await occupants.finish()
  await inTime(Promise.all([vacancy, task]))
  t.deepEqual(order, ['told', 'ran'])
  t.is(pool.idle, 1)
})

for (const how of ['close', 'release'] as const) {
  test(`no slot is lost with a turn when the pool is told to ${how}`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const occupants = occupy(pool, 1)
    const vacancy = pool.vacancy().then(() => (how === 'close' ? void pool.close() : pool.release()))
    const task = pool.submit(() => 'ran').catch((error) => error.code)
    occupants.gates[0]!.open()
    await inTime(vacancy)
    t.is(await inTime(task), how === 'close' ? 'ran' : 'ERR_POOL_CLOSED')
    await inTime(pool.close())
    t.is(pool.running, 0)
  })
}

test('a map with a nonblocking pool gets on beside callers that are refused', async (t) => {
  const pool = Pool.create({ size: 2, nonblocking: true })
  const others = crowd(3, () => pool.submit(turn).catch(() => turn()))
  t.deepEqual(await inTime(collect(pool.map(items, async (item) => (await turn(), item)))), items)
  await others.stop()
})

test('a map over resources gets on, also while each is broken after one task', async (t) => {
  const pool = Pool.create({ size: 2, init: () => turn(0), dispose: () => turn(), isBroken: () => true })
  const others = crowd(3, () => rejection(pool.submit(() => Promise.reject(new Error('lost')))))
  t.deepEqual(await inTime(collect(pool.map(items, async (item) => (await turn(), item)))), items)
  await others.stop()
  await pool.close()
})

test('a map over a MultiPool gets on beside callers of each pool', async (t) => {
  const pools = [1, 2].map(() => Pool.create({ size: 1 }))
  const crowds = pools.map((pool) => crowd(2, () => pool.submit(turn)))
  const multi = MultiPool.of(pools)
  t.deepEqual(await inTime(collect(multi.map(items, async (item) => (await turn(), item)))), items)
  await inTime(multi.vacancy())
  for (const { stop } of crowds) await stop()
  await occupyAndTimeOut(t, multi, pools)
})

async function occupyAndTimeOut(t: { is(a: unknown, b: unknown): unknown }, multi: MultiPool<Pool>, pools: Pool[]) {
  const occupants = pools.map((pool) => occupy(pool, 1))
  const results = multi.map(items, (item) => item, { waitTimeout: 5 })
  t.is((await rejection(collect(results))).code, 'ERR_POOL_WAIT_TIMEOUT')
  for (const { finish } of occupants) await finish()
}

test('a map over threads gets on beside callers that loop run', async (t) => {
  const filename = new URL('fixtures/tasks.mjs', `file://${process.cwd()}/__test__/`)
  const pool = ThreadPool.create<any>({ filename, size: 1 })
  await pool.run(1, { name: 'echo' })
  const others = crowd(3, () => pool.run(1, { name: 'echo' }))
  t.deepEqual(await inTime(collect(pool.map(items, { name: 'echo' }))), items)
  await others.stop()
  await pool.destroy()
})

test('across isolates nobody starves, and a dead isolate’s turn is nobody’s loss', async (t) => {
  const name = 'fairness across isolates'
  const pool = Pool.create({ name, shared: true, size: 1 })
  const remote = await Remote.start()
  await remote.run(({ Pool, kept, turn }: any, name: string) => {
    kept.pool = Pool.create({ name, shared: true })
    const loop = async () => {
      while (!kept.isOver) await kept.pool.submit(() => turn())
    }
    kept.all = [loop(), loop(), loop()]
  }, name)
  t.deepEqual(await inTime(collect(pool.map(items, async (item) => (await turn(), item)))), items)
  for (let i = 0; i < 5; i++) {
    await inTime(pool.vacancy())
    t.is(await inTime(pool.submit(() => i)), i)
  }
  await remote.run(({ kept }: any) => {
    kept.isOver = true
  })
  await remote.terminate()
  t.is(await inTime(pool.submit(() => 'free')), 'free')
})

test('items are pulled and run in the context of whoever asked for them, not of whose task has ended', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const pool = Pool.create({ size: 1 })
  const seen = new Set<unknown>()
  function* source() {
    for (const item of items) {
      seen.add(storage.getStore())
      yield item
    }
  }
  const others = storage.run('other', () => crowd(3, () => pool.submit(turn)))
  await storage.run('map', () => inTime(collect(pool.map(source(), async () => void seen.add(storage.getStore())))))
  await storage.run('other', () => others.stop())
  t.deepEqual([...seen], ['map'])
})

// Alone, as it measures.
test.serial('those who give up in reverse order cost each the same, however many there are', async (t) => {
  const pool = Pool.create({ size: 1 })
  const occupants = occupy(pool, 1)
  const reason = new Error('enough')
  const taken = async (count: number) => {
    const controllers = Array.from({ length: count }, () => new AbortController())
    const all = controllers.map(({ signal }) => rejection(pool.vacancy({ signal })))
    await turn()
    const since = performance.now()
    for (const controller of controllers.reverse()) controller.abort(reason)
    const ms = performance.now() - since
    await Promise.all(all)
    return ms
  }
  await taken(2_000)
  const few = await taken(3_000)
  const many = await taken(30_000)
  t.true(many < 40 * few + 50, `${few} ms, then ten times as many in ${many} ms`)
  await occupants.finish()
  await pool.vacancy()
})

test('a vacancy that is there costs nobody else a wait', async (t) => {
  const pool = Pool.create({ size: 2 })
  await occupy(pool, 2).finish()
  const asked = pool.vacancy()
  const end = gate()
  const tasks = [1, 2].map(() => pool.submit(() => end.promise, { waitTimeout: 0 }))
  await asked
  end.open()
  t.is((await Promise.all(tasks)).length, 2)
})
