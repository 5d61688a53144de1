import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import fc from 'fast-check'
import { Pool, PoolOverloadError } from 'workpool'

import { counted, generated } from '../support/counted.js'
import { gate, occupy, type Gate } from '../support/gate.js'
import { rejection, until } from '../support/until.js'

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}

const range = (length: number) => Array.from({ length }, (_, index) => index)
const numerically = (a: number, b: number) => a - b

/** A task per item that ends when its gate is opened. */
function gated() {
  const gates = new Map<number, Gate<number>>()
  const task = (item: number) => {
    const one = gate<number>()
    gates.set(item, one)
    return one.promise
  }
  return { gates, task, started: () => [...gates.keys()] }
}

test('results come in the order of the items, whichever ends first', async (t) => {
  const pool = Pool.create({ size: 3 })
  const { gates, task } = gated()
  const results = collect(pool.map([0, 1, 2], task))
  for (const item of [2, 0, 1]) gates.get(item)!.open(item * 10)
  t.deepEqual(await results, [0, 10, 20])
})

test('ordered: false yields results as they finish', async (t) => {
  const pool = Pool.create({ size: 3 })
  const { gates, task } = gated()
  const results = collect(pool.map([0, 1, 2], task, { ordered: false }))
  for (const item of [2, 0, 1]) gates.get(item)!.open(item * 10)
  t.deepEqual(await results, [20, 0, 10])
})

test('arrays, strings, sets, generators and async generators are sources', async (t) => {
  const pool = Pool.create({ size: 2 })
  const double = (item: number | string) => `${item}${item}`
  async function* generate() {
    yield 1
    yield 2
  }
  t.deepEqual(await collect(pool.map([1, 2], double)), ['11', '22'])
  t.deepEqual(await collect(pool.map('ab', double)), ['aa', 'bb'])
  t.deepEqual(await collect(pool.map(new Set([1, 2]), double)), ['11', '22'])
  t.deepEqual(await collect(pool.map(generated(2).items, double)), ['00', '11'])
  t.deepEqual(await collect(pool.map(generate(), double)), ['11', '22'])
  t.deepEqual(await collect(pool.map([], double)), [])
})

test('a task gets its item and its context, with the resource', async (t) => {
  const pool = Pool.create({ size: 2, init: async () => 'resource' })
  const task = (item: number, { resource, signal }: { resource: string; signal: AbortSignal }) =>
    `${item} ${resource} ${signal.aborted}`
  t.deepEqual(
    await collect(pool.map([1, 2, 3], task)),
    [1, 2, 3].map((item) => `${item} resource false`),
  )
})

test('promises in a sync iterable are handed on as they are', async (t) => {
  const pool = Pool.create({ size: 2 })
  const items = [Promise.resolve(1), Promise.resolve(2)]
  const seen: unknown[] = []
  const results = await collect(pool.map(items, async (item) => (seen.push(item), (await item) + 1)))
  t.deepEqual(results, [2, 3])
  t.true(seen.every((item, index) => item === items[index]))
})

test('undefined is an item and a result like any other', async (t) => {
  const pool = Pool.create({ size: 2 })
  t.deepEqual(await collect(pool.map([undefined, undefined, 1], (item) => item)), [undefined, undefined, 1])
})

test('nothing is pulled before the first result is asked for', async (t) => {
  const pool = Pool.create({ size: 2 })
  const items = {
    [Symbol.iterator]: () => {
      t.fail('asked for its iterator')
      return [][Symbol.iterator]()
    },
  }
  pool.map(items, () => {})
  const source = counted(3)
  const results = pool.map(source, (item) => item)
  await turn()
  t.is(source.pulled, 0)
  t.is(results[Symbol.asyncIterator](), results)
  t.deepEqual(await collect(results), [0, 1, 2])
})

for (const kind of ['sync', 'async'] as const) {
  test(`a window of the capacity is pulled ahead of a slow loop, ${kind} source`, async (t) => {
    const pool = Pool.create({ size: 4 })
    const source = counted()
    const { notes, items } = generated()
    const pulled = () => (kind === 'sync' ? notes.pulled : source.pulled)
    const results = pool.map<number, number>(kind === 'sync' ? items : source, async (item) => item)
    t.is((await results.next()).value, 0)
    for (let yielded = 1; yielded < 10; yielded++) {
      await until(() => pulled() === yielded + 4, 'the window is full')
      await turn()
      t.is(pulled(), yielded + 4)
      t.is((await results.next()).value, yielded)
    }
    await results.return!()
    t.is(source.mostPulls, kind === 'sync' ? 0 : 1)
  })
}

test('the tasks are what runs at once, and never more than the capacity', async (t) => {
  const pool = Pool.create({ size: 3 })
  const { gates, task, started } = gated()
  const results = pool.map(generated().items, task)
  const first = results.next()
  t.deepEqual(started(), [0, 1, 2])
  gates.get(0)!.open(0)
  t.is((await first).value, 0)
  await until(() => gates.has(3), 'the next one starts')
  t.deepEqual(started(), [0, 1, 2, 3])
  await results.return!()
})

test('a slow head stops the pulls at the window, and lets them go on', async (t) => {
  const pool = Pool.create({ size: 3 })
  const { gates, task, started } = gated()
  const results = pool.map(generated().items, task)
  const first = results.next()
  gates.get(1)!.open(1)
  gates.get(2)!.open(2)
  await turn()
  t.is(pool.busy, 1)
  t.deepEqual(started(), [0, 1, 2])
  gates.get(0)!.open(0)
  t.is((await first).value, 0)
  t.is((await results.next()).value, 1)
  t.is((await results.next()).value, 2)
  t.deepEqual(started(), [0, 1, 2, 3, 4, 5])
  await results.return!()
})

test('without order a slow one holds nobody up', async (t) => {
  const pool = Pool.create({ size: 2 })
  const slow = gate<number>()
  const results = pool.map(range(50), (item) => (item === 0 ? slow.promise : item), { ordered: false })
  for (let item = 1; item < 50; item++) t.is((await results.next()).value, item)
  slow.open(0)
  t.is((await results.next()).value, 0)
  t.true((await results.next()).done)
})

test('the window of an unbounded pool is 1,024', async (t) => {
  const pool = Pool.create({ size: Infinity })
  const { notes, items } = generated()
  const results = pool.map(items, async (item) => item)
  t.is((await results.next()).value, 0)
  await turn()
  t.is(notes.pulled, 1_025)
  await results.return!()
})

test('the window follows tune', async (t) => {
  const pool = Pool.create({ size: 2 })
  const { gates, task, started } = gated()
  const results = pool.map(generated().items, task)
  const first = results.next()
  t.is(started().length, 2)
  pool.tune(4)
  gates.get(0)!.open(0)
  await first
  await until(() => started().length === 5, 'one yielded and four held')
  pool.tune(1)
  for (let item = 1; item < 5; item++) {
    gates.get(item)!.open(item)
    t.is((await results.next()).value, item)
    await turn()
    t.is(started().length, item < 4 ? 5 : 6)
  }
  await results.return!()
})

test('concurrent next() are answered in order, and those after the end with done', async (t) => {
  const pool = Pool.create({ size: 2 })
  const results = pool.map(
    counted(20, () => turn()),
    async (item) => item,
  )
  const answers = await Promise.all(Array.from({ length: 25 }, () => results.next()))
  t.deepEqual(
    answers.slice(0, 20).map(({ value }) => value),
    range(20),
  )
  t.true(answers.slice(20).every(({ done }) => done))
  t.true((await results.next()).done)
})

test('two maps share a pool, and both get on', async (t) => {
  const pool = Pool.create({ size: 3 })
  const task = async (item: number) => {
    t.true(pool.busy <= 3)
    await turn()
    return item
  }
  const [one, other] = await Promise.all([collect(pool.map(range(60), task)), collect(pool.map(counted(60), task))])
  t.deepEqual(one, range(60))
  t.deepEqual(other, range(60))
})

test('nothing is pulled while others have the whole pool', async (t) => {
  const pool = Pool.create({ size: 2 })
  const others = occupy(pool, 2)
  const { notes, items } = generated(3)
  const results = collect(pool.map(items, (item) => item))
  await turn()
  t.is(notes.pulled, 0)
  t.is(pool.waiting, 0)
  others.gates[0]!.open()
  t.deepEqual(await results, [0, 1, 2])
  await others.finish()
})

test('a vacancy that one has waited for is used, although others are in line', async (t) => {
  const pool = Pool.create({ size: 1 })
  const others = occupy(pool, 1)
  const { notes, items } = generated(1)
  const results = collect(pool.map(items, (item) => item))
  const controller = new AbortController()
  const inLine = pool.vacancy({ signal: controller.signal })
  await others.finish()
  await until(() => notes.pulled === 1, 'it is pulled')
  t.deepEqual(await results, [0])
  controller.abort()
  await inLine.catch(() => {})
})

test('a pool that never lets a task wait does not overload', async (t) => {
  const pool = Pool.create({ size: 2, nonblocking: true })
  const others = occupy(pool, 2)
  const results = collect(pool.map(counted(50), async (item) => item))
  await others.finish()
  t.deepEqual(await results, range(50))
  t.is(pool.stats().rejected.overload, 0)
})

for (const ordered of [true, false]) {
  test(`an overload is waited out, and the item submitted again, ordered: ${ordered}`, async (t) => {
    const pool = Pool.create({ size: 1, nonblocking: true })
    const item = gate()
    const ran: number[] = []
    const source = counted(3, (index) => (index === 1 ? item.promise : undefined))
    const results = collect(pool.map(source, (each) => (ran.push(each), each), { ordered }))
    await until(() => source.pulled === 2 && pool.available === 1, 'the second item is being pulled')
    const others = occupy(pool, 1)
    item.open()
    await until(() => pool.stats().rejected.overload === 1, 'the pool refuses')
    await turn()
    t.is(source.pulled, 2)
    await others.finish()
    t.deepEqual(await results, [0, 1, 2])
    t.deepEqual(ran, [0, 1, 2])
  })
}

test('an overload that a task itself fails with is a failure', async (t) => {
  const pool = Pool.create({ size: 1, nonblocking: true })
  let runs = 0
  const task = () => {
    runs++
    return pool.submit(() => {})
  }
  t.true((await rejection(collect(pool.map([1, 2], task)))) instanceof PoolOverloadError)
  t.is(runs, 1)
})

test('bad arguments throw, and nothing is pulled', (t) => {
  const pool = Pool.create({ size: 2 })
  const map = pool.map.bind(pool) as (...args: unknown[]) => unknown
  const task = () => {}
  const bad: [unknown[], RegExp][] = [
    [[undefined, task], /items must be an iterable/],
    [[{}, task], /items must be an iterable/],
    [[5, task], /items must be an iterable/],
    [[{ [Symbol.iterator]: 5 }, task], /items must be an iterable/],
    [[[1], undefined], /task must be a function/],
    [[[1], task, 5], /the options of map must be an object/],
    [[[1], task, { order: true }], /unknown option order in the options of map/],
    [[[1], task, { ordered: 1 }], /ordered must be a boolean/],
    [[[1], task, { signal: {} }], /signal must be an AbortSignal/],
    [[[1], task, { timeout: 0 }], /timeout must be/],
    [[[1], task, { waitTimeout: -1 }], /waitTimeout must be/],
    [[[1], task, { priority: 'urgent' }], /priority must be/],
  ]
  for (const [args, message] of bad) {
    const error = t.throws(() => map(...args), { message })
    t.is((error as unknown as { code: string }).code, 'ERR_POOL_OPTION')
  }
})

test('options that are undefined are absent', async (t) => {
  const pool = Pool.create({ size: 2 })
  const options = { ordered: undefined, signal: undefined, timeout: undefined }
  t.deepEqual(await collect(pool.map([1, 2], (item) => item, options)), [1, 2])
})

test('the other options hold for the task of each item', async (t) => {
  const pool = Pool.create({ size: 1 })
  const results = pool.map([1], () => new Promise(() => {}), { timeout: 1 })
  t.is((await rejection(results.next())).code, 'ERR_POOL_TASK_TIMEOUT')
  t.is(pool.stats().timedOut, 1)
})

test('a map holds its pool, which lives on when nobody else references it', async (t) => {
  const results = Pool.create({ size: 1 }).map(range(100), async (item) => item)
  const seen: unknown[] = []
  for await (const result of results) {
    seen.push(result)
    if (result % 20 === 0) {
      globalThis.gc!()
      await turn()
    }
  }
  t.deepEqual(seen, range(100))
})

test('a task may ask for the next result itself', async (t) => {
  const pool = Pool.create({ size: 3 })
  const extra: Promise<IteratorResult<number>>[] = []
  const results: AsyncIterableIterator<number> = pool.map(range(6), (item) => {
    if (item < 3) extra.push(results.next())
    return item
  })
  t.deepEqual(await collect(results), [0, 4, 5])
  t.deepEqual(
    (await Promise.all(extra)).map(({ value }) => value),
    [1, 2, 3],
  )
})

test('whatever the source, the latencies, the failures and the capacity, the results are those of a loop', async (t) => {
  const step = fc.record({ pull: fc.nat(2), run: fc.nat(3), fails: fc.boolean() })
  const cases = fc.record({
    steps: fc.array(step, { maxLength: 30 }),
    isFailing: fc.boolean(),
    isSync: fc.boolean(),
    ordered: fc.boolean(),
    size: fc.integer({ min: 1, max: 6 }),
    nonblocking: fc.boolean(),
    others: fc.nat(6),
  })
  type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never
  const turns = async (count: number) => {
    for (let i = 0; i < count; i++) await turn()
  }
  const check = async ({ steps, isFailing, isSync, ordered, size, nonblocking, others }: Case) => {
    const pool = Pool.create({ size, nonblocking })
    const hogs = Array.from({ length: Math.min(others, size) }, (_, index) => pool.submit(() => turns(index)))
    let unsettled = 0
    let most = 0
    const ran: number[] = []
    function* items() {
      for (const index of steps.keys()) {
        most = Math.max(most, ++unsettled)
        yield index
      }
    }
    async function* itemsLater() {
      for (const index of items()) {
        await turns(steps[index]!.pull)
        yield index
      }
    }
    const task = async (index: number) => {
      ran.push(index)
      await turns(steps[index]!.run)
      unsettled--
      if (isFailing && steps[index]!.fails) throw new Error(String(index))
      return index * 2
    }
    const seen: number[] = []
    let error: Error | undefined
    try {
      for await (const result of pool.map(isSync ? items() : itemsLater(), task, { ordered })) seen.push(result)
    } catch (thrown) {
      error = thrown as Error
    }
    const failing = steps.flatMap(({ fails }, index) => (isFailing && fails ? [index] : []))
    const expected = range(steps.length).map((index) => index * 2)
    t.true(most <= size + 1)
    t.deepEqual(ran, range(ran.length))
    if (failing.length === 0) {
      t.is(error, undefined)
      t.deepEqual(ordered ? seen : seen.toSorted(numerically), expected)
    } else {
      t.true(failing.includes(Number(error!.message)))
      if (ordered) t.deepEqual(seen, expected.slice(0, seen.length))
      t.true(seen.every((result) => !failing.includes(result / 2)))
      t.is(new Set(seen).size, seen.length)
    }
    await Promise.all(hogs)
    await pool.close()
  }
  await fc.assert(fc.asyncProperty(cases, check), { numRuns: 300 })
})
