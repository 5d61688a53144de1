/** Pools of threads, in whatever runtime runs this. */
import assert from 'node:assert/strict'
import { Worker } from 'node:worker_threads'

import { ThreadPool } from 'workpool'

import { cases, until } from './cases.mjs'

const filename = new URL('tasks.mjs', import.meta.url)
const flag = () => new Int32Array(new SharedArrayBuffer(4))

await cases([
  [
    'exported functions are called, with any number of arguments',
    async () => {
      const pool = ThreadPool.create({ filename, size: 2 })
      await pool.ready()
      assert.equal(await pool.run('default'), 'default')
      assert.equal(await pool.tasks.sum(1, 2, 3), 6)
      assert.deepEqual(
        await Promise.all(Array.from({ length: 200 }, (_, n) => pool.tasks.doubled(n))),
        Array.from({ length: 200 }, (_, n) => 2 * n),
      )
      await pool.close()
      assert.equal(pool.running, 0)
    },
  ],
  [
    'a CommonJS module',
    async () => {
      const pool = ThreadPool.create({ filename: new URL('tasks.cjs', import.meta.url), size: 1 })
      assert.equal(await pool.tasks.sum(1, 2), 3)
      await pool.close()
    },
  ],
  [
    'values arrive as they are',
    async () => {
      const pool = ThreadPool.create({ filename, size: 1 })
      const cyclic = { list: [1, 'two', null, undefined, 3n, NaN] }
      cyclic.self = cyclic
      for (const value of [
        0,
        -0,
        'text ✓',
        { a: 1, b: { c: [true, false] } },
        new Map([[{ key: 1 }, new Set([1])]]),
        new Date(7),
        /x/giu,
        new Float64Array([1, 2]),
        new Uint8Array(1 << 20).fill(3),
        Object.assign(Array(2), { 1: 'second' }),
        cyclic,
      ]) {
        assert.deepEqual(await pool.run(value), value)
      }
      assert.equal((await pool.tasks.large(3_000_000)).length, 3_000_000)
      await pool.close()
    },
  ],
  [
    'bytes are moved',
    async () => {
      const pool = ThreadPool.create({ filename, size: 1 })
      const bytes = new Uint8Array(64)
      const back = await pool.run(bytes, { name: 'moved', transfer: [bytes.buffer] })
      assert.equal(bytes.length, 0)
      assert.deepEqual(back, new Uint8Array(64).fill(7))
      await pool.close()
    },
  ],
  [
    'what is moved arrives with its task, however busy the pool is',
    async () => {
      const pool = ThreadPool.create({ filename, size: 2 })
      for (let round = 0; round < 500; round++) {
        const bytes = new Uint8Array(8)
        const moved = pool.run(bytes, { name: 'moved', transfer: [bytes.buffer] })
        const [back, text] = await Promise.all([moved, pool.tasks.large(300_000)])
        assert.deepEqual([back?.[0], text?.length], [7, 300_000])
      }
      await pool.close()
    },
  ],
  [
    'a task that heeds its signal keeps its thread, one that does not loses it',
    async () => {
      const pool = ThreadPool.create({ filename, size: 1, grace: 200 })
      const heeding = flag()
      const controller = new AbortController()
      const heeds = pool.run(heeding, { name: 'heed', signal: controller.signal })
      await until(() => Atomics.load(heeding, 0) === 1)
      controller.abort(new Error('enough'))
      await assert.rejects(heeds, /enough/)
      await until(() => Atomics.load(heeding, 0) === 2)
      await assert.rejects(pool.run(flag(), { name: 'spin', timeout: 50 }), { code: 'ERR_POOL_TASK_TIMEOUT' })
      assert.equal(await pool.run('next'), 'next')
      await pool.close()
    },
  ],
  [
    'several tasks in one thread, and threads that are replaced',
    async () => {
      const pool = ThreadPool.create({ filename, size: 1, concurrency: 8, recycle: { tasks: 3 } })
      await Promise.all(Array.from({ length: 20 }, () => pool.tasks.wait(2)))
      await pool.close()
    },
  ],
  [
    'idle threads expire, all but minSize',
    async () => {
      const pool = ThreadPool.create({ filename, size: 2, expiry: 50, minSize: 1 })
      await Promise.all([pool.tasks.wait(20), pool.tasks.wait(20)])
      await until(() => pool.running === 1)
      await pool.close()
    },
  ],
  [
    'workerData',
    async () => {
      const pool = ThreadPool.create({ filename, size: 1, workerData: { of: 'mine' } })
      assert.deepEqual(await pool.tasks.about(), { isWorkerThread: true, workerData: { of: 'mine' } })
      await pool.close()
    },
  ],
  [
    'map',
    async () => {
      const pool = ThreadPool.create({ filename, size: 2 })
      const results = []
      for await (const result of pool.map([1, 2, 3], { name: 'doubled' })) results.push(result)
      assert.deepEqual(results, [2, 4, 6])
      await pool.close()
    },
  ],
  [
    'runSync, with a thread that has started',
    async () => {
      const pool = ThreadPool.create({ filename, size: 1 })
      await pool.ready()
      assert.deepEqual(pool.runSync({ a: [1] }), { a: [1] })
      assert.throws(() => pool.runSync(undefined, { name: 'fail' }), RangeError)
      await pool.close()
    },
  ],
  [
    'runSync, with a thread that it starts',
    async () => {
      const pool = ThreadPool.create({ filename, size: 1 })
      assert.equal(pool.runSync(7), 7)
      await pool.close()
    },
  ],
  [
    'a thread pool in a thread of one’s own',
    async () => {
      const worker = new Worker(new URL('owner.mjs', import.meta.url))
      const ended = new Promise((resolve) => worker.on('exit', resolve))
      const said = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      assert.equal(said, 42)
      await worker.terminate()
      await ended
    },
  ],
  [
    'createWorker',
    async () => {
      let made = 0
      const createWorker = (url, options) => (made++, new Worker(url, options))
      const pool = ThreadPool.create({ filename, size: 1, createWorker })
      assert.equal(await pool.run(1), 1)
      assert.equal(made, 1)
      await pool.close()
    },
  ],
  [
    'destroy ends what runs',
    async () => {
      const pool = ThreadPool.create({ filename, size: 1 })
      const spinning = flag()
      const task = pool.run(spinning, { name: 'spin' })
      await until(() => Atomics.load(spinning, 0) === 1)
      await Promise.all([assert.rejects(task, { code: 'ERR_POOL_CLOSED' }), pool.destroy()])
      assert.equal(pool.running, 0)
    },
  ],
])
