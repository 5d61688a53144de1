// threads.stream: chunks of an exported generator.
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

import test, { type ExecutionContext } from 'ava'
import {
  MultiPool,
  PoolClosedError,
  PoolOverloadError,
  TaskTimeoutError,
  ThreadPool,
  WorkerCrashedError,
} from 'workpool'

import { contradictions } from '../support/accounts.js'
import { reaches } from '../support/cells.js'
import { Remote } from '../support/remote.js'
import { threads as tasks } from '../support/threads.js'
import { rejection, until, within } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'stream-tasks.mjs')).href

const ASKED = 0
const FINALLY = 1
const ABORTED = 2

type Options = Partial<Parameters<typeof ThreadPool.create>[0]>

function streams(t: ExecutionContext, options: Options = {}) {
  const cells = new Int32Array(new SharedArrayBuffer(16))
  const pool = tasks(t, { filename, size: 1, workerData: cells, ...options }) as ThreadPool<any>
  return { pool, cells, at: (cell: number) => Atomics.load(cells, cell) }
}

async function all<T>(chunks: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const chunk of chunks) list.push(chunk)
  return list
}

/** What came before the failure, and the failure. */
async function untilFailure(chunks: AsyncIterable<any>): Promise<[unknown[], any]> {
  const list: unknown[] = []
  try {
    for await (const chunk of chunks) list.push(chunk)
  } catch (error) {
    return [list, error]
  }
  throw new Error('it has not failed')
}

const upTo = (many: number): number[] => [...Array(many).keys()]

test('chunks of a generator and of an async generator come in order, and its value is the last step', async (t) => {
  const { pool } = streams(t)
  t.deepEqual(await all(pool.stream(1_000, { name: 'numbers' })), upTo(1_000))
  t.deepEqual(await all(pool.stream(50, { name: 'numbersLater' })), upTo(50))
  t.deepEqual(await all(pool.stream(['a', { b: 1 }, null, undefined, 5n])), ['a', { b: 1 }, null, undefined, 5n])
  t.deepEqual(await all(pool.stream([])), [])
  const stream = pool.stream(1, { name: 'numbers' })
  t.deepEqual(await stream.next(), { value: 0, done: false })
  t.deepEqual(await stream.next(), { value: 'all', done: true })
  t.deepEqual(await stream.next(), { value: undefined, done: true })
})

test('nothing is submitted before the first next; a stream is one task', async (t) => {
  const { pool } = streams(t)
  const stream = pool.stream(3, { name: 'numbers' })
  await pool.stream(3, { name: 'numbers' }).return!()
  t.is(pool.stats().submitted, 0)
  t.deepEqual(await all(stream), [0, 1, 2])
  const { submitted, completed, unsettled } = pool.stats()
  t.deepEqual({ submitted, completed, unsettled }, { submitted: 1, completed: 1, unsettled: 0 })
})

for (const highWaterMark of [1, 2, 5, 16]) {
  test(`a consumer that stops stops the producer within ${highWaterMark} chunks`, async (t) => {
    const { pool, cells, at } = streams(t)
    const stream = pool.stream(100_000, { name: 'numbers', highWaterMark })
    for (let taken = 1; taken <= 40; taken++) {
      t.is((await stream.next()).value, taken - 1)
      t.true(at(ASKED) <= taken + highWaterMark, `${at(ASKED)} after ${taken}`)
    }
    await reaches(cells, ASKED, 41)
    // The thread is free to run; what it had to do it has done when it answers.
    await until(() => at(ASKED) >= 40 + Math.ceil(highWaterMark / 2), 'it works ahead')
    t.true(at(ASKED) <= 40 + highWaterMark)
    await stream.return!()
  })
}

test('a chunk is sent before the generator is asked for the next one', async (t) => {
  const { pool, cells } = streams(t)
  await pool.ready()
  for (const name of ['held', 'heldLater']) {
    Atomics.store(cells, 2, 0)
    const stream = pool.stream(5, { name })
    for (let number = 0; number < 5; number++) {
      t.deepEqual(await within(stream.next(), `chunk ${number} of ${name}`), { value: number, done: false })
      Atomics.store(cells, 2, number + 1)
      Atomics.notify(cells, 2)
    }
    t.true((await stream.next()).done)
  }
})

test('a producer without credit waits to be woken, and does not poll', async (t) => {
  const { pool, cells } = streams(t, { concurrency: 2 })
  const stream = pool.stream(1_000, { name: 'numbers', highWaterMark: 4 })
  await stream.next()
  await reaches(cells, ASKED, 4)
  const before = (await pool.run(undefined, { name: 'turns' })) as number
  await delay(400)
  const turned = ((await pool.run(undefined, { name: 'turns' })) as number) - before
  t.true(turned < 20, `the event loop of its thread has turned ${turned} times`)
  t.is((await stream.next()).value, 1)
  await stream.return!()
})

test('leaving the loop runs the finally of the generator, and waits for it', async (t) => {
  const { pool, at } = streams(t)
  for await (const chunk of pool.stream(1_000, { name: 'numbers' })) if (chunk === 20) break
  t.is(at(FINALLY), 1)
  for await (const chunk of pool.stream(1_000, { name: 'numbersLater' })) if (chunk === 20) break
  t.is(at(FINALLY), 2)
  await t.throwsAsync(
    async () => {
      for await (const chunk of pool.stream(1_000, { name: 'numbers' })) if (chunk === 1) throw new Error('mine')
    },
    { message: 'mine' },
  )
  t.is(at(FINALLY), 3)
  t.is(pool.stats().completed, 3)
  await t.throwsAsync(
    async () => {
      for await (const _ of pool.stream(undefined, { name: 'finallyThrows' })) break
    },
    { message: 'in finally' },
  )
})

test('a generator that awaits something hears by its signal that the loop was left', async (t) => {
  const { pool, at } = streams(t, { grace: 60_000 })
  for await (const _ of pool.stream(undefined, { name: 'heeding' })) break
  t.deepEqual([at(ABORTED), at(FINALLY)], [1, 1])
  t.is(pool.stats().workers.crashed, 0)
})

test('a generator that computes does not see that the loop was left, but an abort and its timeout', async (t) => {
  const { pool, cells, at } = streams(t, { grace: 60_000 })
  const controller = new AbortController()
  const chunks = pool.stream(undefined, { name: 'looking', signal: controller.signal })
  t.deepEqual(await chunks.next(), { value: 0, done: false })
  await reaches(cells, ASKED, 1)
  const left = rejection(chunks.return!())
  await turn()
  t.is(at(ABORTED), 0, 'it goes on')
  controller.abort('enough')
  t.is(await left, 'enough')
  await reaches(cells, ABORTED, 1)
  const timed = pool.stream(undefined, { name: 'looking', timeout: 20 })
  await timed.next()
  // It rejects if the time is up after the loop was left.
  await timed.return!().catch((error) => t.true(TaskTimeoutError.is(error)))
  await reaches(cells, ABORTED, 2)
  t.is(pool.stats().workers.crashed, 0)
})

test('a stream that is left before it begins never runs and gives its place in the queue back', async (t) => {
  const { pool, at } = streams(t)
  const first = pool.stream(1_000, { name: 'numbers' })
  await first.next()
  const asked = at(ASKED)
  const second = pool.stream(1_000, { name: 'numbers' })
  const next = second.next()
  t.is(pool.waiting, 1)
  await second.return!()
  t.is(pool.waiting, 0)
  t.deepEqual(await next, { value: undefined, done: true })
  await first.return!()
  t.true(at(ASKED) <= asked + 16)
  t.is(pool.stats().cancelled, 1)
})

test('an error of the generator is thrown after its chunks, whole', async (t) => {
  const seen: unknown[] = []
  const { pool } = streams(t, { panicHandler: (error, { name }) => seen.push([(error as Error).message, name]) })
  const [chunks, error] = await untilFailure(pool.stream(30, { name: 'failing' }))
  t.deepEqual(chunks, upTo(30))
  t.true(error instanceof RangeError)
  t.is(error.code, 'E_AFTER')
  t.deepEqual(seen, [['after all', 'failing']])
})

test('chunks that arrived come before the error of a crash, also those of the message port', async (t) => {
  const { pool } = streams(t)
  const stream = pool.stream(11, { name: 'crashing' })
  t.is((await stream.next()).value, 0)
  await until(() => pool.stats().workers.crashed === 1, 'the thread has ended')
  const [chunks, error] = await untilFailure(stream)
  t.true(error instanceof WorkerCrashedError)
  t.is(error.exitCode, 7)
  t.deepEqual(
    chunks.map((chunk) => (chunk instanceof SharedArrayBuffer ? chunk.byteLength : chunk)),
    upTo(11).slice(1),
  )
  t.deepEqual(await all(pool.stream(2, { name: 'numbers' })), [0, 1])
})

test('chunks stay in order whichever way they cross', async (t) => {
  const { pool } = streams(t)
  const chunks = await all<any>(pool.stream(200, { name: 'mixed', highWaterMark: 7 }))
  t.deepEqual(
    chunks.map((chunk) => (typeof chunk === 'number' ? chunk : chunk.number)),
    upTo(200),
  )
  t.true(chunks[1].memory instanceof SharedArrayBuffer)
  const sizes = await all<any>(pool.stream(undefined, { name: 'big' }))
  t.deepEqual(
    sizes.map(({ length }) => length),
    [...upTo(11).map((power) => 1 << (10 + power)), 200_000],
  )
  t.true(sizes.slice(0, -1).every((chunk) => chunk.every((byte: number) => byte === 7)))
})

test('a chunk moves what transfer lists; an argument what the option lists', async (t) => {
  const { pool } = streams(t)
  const [port, bytes, left] = await all<any>(pool.stream(undefined, { name: 'moved' }))
  t.deepEqual(receiveMessageOnPort(port as MessagePort), { message: 'by the port' })
  port.close()
  t.deepEqual([[...bytes], left], [[1, 2, 3], 0])
  const argument = new Uint8Array([4])
  t.deepEqual(await all(pool.stream(argument, { name: 'given', transfer: [argument.buffer] })), [new Uint8Array([4])])
  t.is(argument.byteLength, 0)
})

test('a chunk that cannot be cloned fails the stream there, and ends the generator', async (t) => {
  const { pool, at } = streams(t)
  const [chunks, error] = await untilFailure(pool.stream(undefined, { name: 'uncloneable' }))
  t.deepEqual(chunks, [1])
  t.is(error.name, 'DataCloneError')
  t.is(at(FINALLY), 1)
})

test('run of a generator names stream, stream of another export names run; both are counted as failed', async (t) => {
  const { pool, at } = streams(t)
  for (const failed of [pool.run(1, { name: 'numbers' }), pool.tasks['numbers']!(1), pool.run([1])]) {
    const error = await rejection(failed)
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, /stream/)
  }
  const error = await rejection(pool.stream(1, { name: 'plain' }).next())
  t.is(error.code, 'ERR_POOL_OPTION')
  t.regex(error.message, /plain .*run/)
  t.regex((await rejection(pool.stream(1, { name: 'nothing' }).next())).message, /exports no function nothing/)
  t.is(at(3), 0)
  t.is(pool.stats().failed, 5)
})

test('options are checked at once; a refusal is that of the first next', async (t) => {
  const { pool } = streams(t, { nonblocking: true })
  for (const options of [
    { highWaterMark: 0 },
    { highWaterMark: 1.5 },
    { highWaterMark: '1' },
    { weight: 1 },
    { x: 1 },
    null,
  ]) {
    const error = t.throws(() => pool.stream(1, options as object), undefined, JSON.stringify(options))
    t.is((error as any).code, 'ERR_POOL_OPTION')
  }
  const first = pool.stream(100, { name: 'numbers' })
  await first.next()
  t.true((await rejection(pool.stream(1).next())) instanceof PoolOverloadError)
  await first.return!()
  const uncloneable = pool.stream(() => {})
  t.is((await rejection(uncloneable.next())).name, 'DataCloneError')
  t.deepEqual(await uncloneable.next(), { value: undefined, done: true })
  await pool.close()
  t.true((await rejection(pool.stream([1]).next())) instanceof PoolClosedError)
})

test('an abort throws its reason at once, before the start and in the midst', async (t) => {
  const { pool, at } = streams(t, { grace: 60_000 })
  const reason = new Error('enough')
  t.is(await rejection(pool.stream([1], { signal: AbortSignal.abort(reason) }).next()), reason)
  for (const name of ['numbers', 'heeding']) {
    const controller = new AbortController()
    const stream = pool.stream(100, { name, signal: controller.signal })
    await stream.next()
    controller.abort(reason)
    t.is(await rejection(stream.next()), reason)
    t.true((await stream.next()).done)
    await pool.drain()
  }
  t.is(at(FINALLY), 2)
  t.is(pool.stats().cancelled, 2)
})

test('a timeout counts from the start; chunks that arrived come before it', async (t) => {
  const { pool } = streams(t)
  const blocker = pool.stream(100, { name: 'numbers' })
  await blocker.next()
  const stream = pool.stream(100_000, { name: 'numbers', timeout: 50, highWaterMark: 4 })
  const first = stream.next()
  await new Promise((resolve) => setTimeout(resolve, 100))
  await blocker.return!()
  t.is((await first).value, 0)
  await until(() => pool.stats().timedOut === 1, 'its time is up')
  const [chunks, error] = await untilFailure(stream)
  t.true(error instanceof TaskTimeoutError)
  t.true(chunks.length >= 3 && chunks.length <= 4, String(chunks.length))
})

test('a generator that does not heed an abort is ended with its thread, after the grace', async (t) => {
  const { pool } = streams(t, { grace: 10 })
  const controller = new AbortController()
  const stream = pool.stream(undefined, { name: 'deaf', signal: controller.signal })
  await stream.next()
  controller.abort()
  await rejection(stream.next())
  await within(pool.drain(), 'the thread is ended')
  t.deepEqual(await all(pool.stream(2, { name: 'numbers' })), [0, 1])
})

test('a stream holds one place of concurrency until its generator has ended', async (t) => {
  const { pool } = streams(t, { concurrency: 2 })
  const stream = pool.stream(100, { name: 'numbers' })
  await stream.next()
  t.is(await pool.run(5, { name: 'plain' }), 5)
  const other = pool.stream(100, { name: 'numbers' })
  await other.next()
  const waiting = pool.run(6, { name: 'plain' })
  t.is(pool.waiting, 1)
  await other.return!()
  t.is(await waiting, 6)
  await stream.return!()
})

test('currentTask is the stream, wherever its generator has got to', async (t) => {
  const { pool } = streams(t)
  const [name, id] = await all(pool.stream(undefined, { name: 'named' }))
  t.is(name, 'named')
  t.is(typeof id, 'number')
})

test('several streams at once, and calls of next that do not wait for one another', async (t) => {
  const { pool } = streams(t, { size: 2, concurrency: 3 })
  const lists = await Promise.all(upTo(6).map((many) => all(pool.stream(many * 50, { name: 'numbersLater' }))))
  t.deepEqual(
    lists,
    upTo(6).map((many) => upTo(many * 50)),
  )
  const stream = pool.stream(30, { name: 'numbers', highWaterMark: 3 })
  const steps = await Promise.all(upTo(32).map(() => stream.next()))
  t.deepEqual(
    steps.slice(0, 30).map(({ value }) => value),
    upTo(30),
  )
  t.deepEqual(
    steps.slice(30).map(({ done }) => done),
    [true, true],
  )
})

test('close waits for a stream; destroy throws PoolClosedError after the chunks that arrived', async (t) => {
  const { pool } = streams(t)
  const stream = pool.stream(100, { name: 'numbers' })
  await stream.next()
  const closed = pool.close()
  t.deepEqual(await all(stream), upTo(100).slice(1))
  await closed
  pool.reboot()
  const ended = pool.stream(100, { name: 'numbers', highWaterMark: 4 })
  await ended.next()
  await pool.destroy()
  const [chunks, error] = await untilFailure(ended)
  t.true(error instanceof PoolClosedError)
  t.true(chunks.length <= 4)
})

test('runSync beside an open stream takes another thread, or throws', async (t) => {
  const { pool } = streams(t, { size: 2 })
  await pool.ready()
  const stream = pool.stream(100, { name: 'numbers' })
  await stream.next()
  t.is(pool.runSync(1, { name: 'plain' }), 1)
  const other = pool.stream(100, { name: 'numbers' })
  await other.next()
  const error = t.throws(() => pool.runSync(1, { name: 'plain' }))
  t.is((error as any).code, 'ERR_POOL_OPTION')
  t.regex(error!.message, /stream/)
  await other.return!()
  t.is(pool.runSync(2, { name: 'plain' }), 2)
  t.deepEqual(await all(stream), upTo(100).slice(1))
})

test('timers get their turn while chunks come without end', async (t) => {
  const { pool } = streams(t)
  let isOver = false
  setTimeout(() => (isOver = true), 20)
  let count = 0
  for await (const _ of pool.stream(10_000_000, { name: 'numbers' })) {
    count++
    if (isOver) break
  }
  t.true(count > 0)
})

test('a stream of a MultiPool runs in the first pool that takes it', async (t) => {
  const [first, second] = [streams(t), streams(t)]
  const multi = MultiPool.of([first.pool, second.pool])
  const open = [multi.stream(100, { name: 'numbers' }), multi.stream(100, { name: 'mixed' })]
  t.is((await open[0]!.next()).value, 0)
  t.is((await open[1]!.next()).value, 0)
  t.deepEqual([first.pool.busy, second.pool.busy], [1, 1])
  const waiting = multi.stream(3, { name: 'numbers' })
  const next = waiting.next()
  t.is(multi.waiting, 1)
  await waiting.return!()
  t.deepEqual([multi.waiting, (await next).done], [0, true])
  t.is((await all(open[1]!)).length, 99)
  await open[0]!.return!()
  t.deepEqual(contradictions(multi.stats()), [])
})

test('a guest of a shared pool has streams: in order, with errors, and left', async (t) => {
  const { pool, at } = streams(t, { name: 'streams-of-guests', shared: true })
  await pool.ready()
  const guest = await Remote.start()
  t.deepEqual(
    await guest.run(async ({ ThreadPool: Threads }, file) => {
      const own = Threads.create<any>({ filename: file, name: 'streams-of-guests', shared: true })
      const numbers: unknown[] = []
      for await (const chunk of own.stream(100, { name: 'numbers', highWaterMark: 3 })) numbers.push(chunk)
      const failures: unknown[] = []
      for (const name of ['failing', 'mixed', 'plain']) {
        const seen: unknown[] = []
        try {
          for await (const chunk of own.stream(2, { name })) seen.push(chunk)
        } catch (error) {
          failures.push([seen, (error as Error).name])
        }
      }
      for await (const _ of own.stream(100, { name: 'numbers' })) break
      return { count: numbers.length, isOrdered: numbers.every((number, i) => number === i), failures }
    }, filename),
    {
      count: 100,
      isOrdered: true,
      failures: [
        [[0, 1], 'RangeError'],
        // A SharedArrayBuffer goes to the owner only.
        [[0], 'DataCloneError'],
        [[], 'TypeError'],
      ],
    },
  )
  t.is(at(FINALLY), 3)
  await guest.terminate()
})

test('a task consumes a stream whose generator is in the same thread', async (t) => {
  const { pool, at } = streams(t, { name: 'nested-streams', shared: true, concurrency: 2 })
  t.is(await pool.run({ name: 'nested-streams', many: 300 }, { name: 'nested' }), 300)
  t.is(at(FINALLY), 2)
})

test('two streams at once leave the event loop its turns', async (t) => {
  const { pool } = streams(t, { size: 2 })
  let isOver = false
  setTimeout(() => (isOver = true), 20)
  const read = async (): Promise<void> => {
    for await (const _ of pool.stream(10_000_000, { name: 'numbers' })) if (isOver) break
  }
  await Promise.all([read(), read()])
  t.true(isOver)
})
