/** Pools of closures, in whatever runtime runs this. */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

import {
  MultiPool,
  Pool,
  PoolClosedError,
  PoolOverloadError,
  ReleaseTimeoutError,
  TaskTimeoutError,
  WaitTimeoutError,
} from 'workpool'

import { cases, gate, until } from './cases.mjs'

await cases([
  [
    'closures give their results, and no more run at once than the pool has room for',
    async () => {
      const pool = Pool.create({ size: 3 })
      let busy = 0
      let most = 0
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, number) =>
          pool.submit(async () => {
            most = Math.max(most, ++busy)
            await new Promise((resolve) => setTimeout(resolve, 1))
            busy--
            return number
          }),
        ),
      )
      assert.deepEqual(results, [...Array(50).keys()])
      assert.equal(most, 3)
      await pool.close()
      assert.equal(pool.isClosed, true)
      await assert.rejects(
        pool.submit(() => 0),
        PoolClosedError,
      )
    },
  ],
  [
    'what does not fit is refused',
    async () => {
      const pool = Pool.create({ size: 1, maxBlockingTasks: 1 })
      const { opened, open } = gate()
      const first = pool.submit(() => opened)
      const second = pool.submit(() => 2)
      await assert.rejects(
        pool.submit(() => 3),
        PoolOverloadError,
      )
      assert.equal(
        pool.tryExecute(() => 4),
        false,
      )
      open(1)
      assert.deepEqual(await Promise.all([first, second]), [1, 2])
      await pool.close()
    },
  ],
  [
    'waiting tasks start by priority',
    async () => {
      const pool = Pool.create({ size: 1 })
      const { opened, open } = gate()
      const order = []
      const all = [pool.submit(() => opened)]
      for (const priority of ['low', 'normal', 'high']) all.push(pool.submit(() => order.push(priority), { priority }))
      open()
      await Promise.all(all)
      assert.deepEqual(order, ['high', 'normal', 'low'])
    },
  ],
  [
    'deadlines and signals',
    async () => {
      const pool = Pool.create({ size: 1 })
      const { opened, open } = gate()
      let reason
      const running = pool.submit(
        ({ signal }) => {
          signal.addEventListener('abort', () => (reason = signal.reason))
          return opened
        },
        { timeout: 30 },
      )
      const waiting = pool.submit(() => 0, { waitTimeout: 20 })
      const controller = new AbortController()
      const aborted = pool.submit(() => 0, { signal: controller.signal })
      controller.abort(new Error('enough'))
      await assert.rejects(aborted, /enough/)
      await assert.rejects(waiting, WaitTimeoutError)
      await assert.rejects(running, TaskTimeoutError)
      assert.ok(reason instanceof TaskTimeoutError)
      await assert.rejects(pool.releaseTimeout(10), ReleaseTimeoutError)
      open()
      await pool.drain()
    },
  ],
  [
    'resources are made, used again, expire and are disposed of',
    async () => {
      let made = 0
      const disposed = []
      const pool = Pool.create({
        size: 2,
        expiry: 30,
        init: async () => ++made,
        dispose: (resource) => disposed.push(resource),
      })
      assert.equal(await pool.submit(({ resource }) => resource), 1)
      assert.equal(await pool.submit(({ resource }) => resource), 1)
      await until(() => disposed.length === 1)
      assert.equal(pool.running, 0)
      assert.equal(await pool.submit(({ resource }) => resource), 2)
      await pool.close()
      assert.deepEqual(disposed, [1, 2])
    },
  ],
  [
    'tune, release and reboot',
    async () => {
      const pool = Pool.create({ size: 1 })
      const { opened, open } = gate()
      const tasks = [pool.submit(() => opened), pool.submit(() => opened)]
      assert.deepEqual([pool.busy, pool.waiting], [1, 1])
      pool.tune(2)
      assert.deepEqual([pool.busy, pool.waiting, pool.capacity], [2, 0, 2])
      const waiting = pool.submit(() => 0)
      pool.release()
      await assert.rejects(waiting, PoolClosedError)
      open()
      await Promise.all(tasks)
      pool.reboot()
      assert.equal(await pool.submit(() => 'again'), 'again')
    },
  ],
  [
    'map pulls no more than there is room for, and keeps the order',
    async () => {
      const pool = Pool.create({ size: 4 })
      let pulled = 0
      let yielded = 0
      async function* numbers() {
        for (; pulled < 100; pulled++) yield pulled
      }
      for await (const number of pool.map(numbers(), async (item) => item)) {
        assert.equal(number, yielded++)
        assert.ok(pulled - yielded <= 8)
      }
      assert.equal(yielded, 100)
      await pool.vacancy()
    },
  ],
  [
    'a closure that waited runs in the async context of its submit',
    async () => {
      const storage = new AsyncLocalStorage()
      const pool = Pool.create({ size: 1 })
      const { opened, open } = gate()
      const first = pool.submit(() => opened)
      const waiting = ['a', 'b'].map((store) => storage.run(store, () => pool.submit(() => storage.getStore())))
      open()
      await first
      assert.deepEqual(await Promise.all(waiting), ['a', 'b'])
    },
  ],
  [
    'several pools behind one face',
    async () => {
      const pool = MultiPool.create({ pools: 2, size: 2, strategy: 'least-tasks' })
      const { opened, open } = gate()
      const tasks = Array.from({ length: 4 }, () => pool.submit(() => opened))
      assert.deepEqual([pool.at(0).busy, pool.at(1).busy], [2, 2])
      open()
      await Promise.all(tasks)
      await pool.close()
    },
  ],
  [
    'one pool for all isolates of the process',
    async () => {
      const pool = Pool.create({ name: 'smoke', size: 2, shared: true })
      const { opened, open } = gate()
      const mine = pool.submit(() => opened)
      const worker = new Worker(new URL('isolate.mjs', import.meta.url))
      const said = []
      const ended = new Promise((resolve) => worker.on('exit', resolve))
      worker.on('message', (message) => said.push(message))
      worker.on('error', (error) => said.push(String(error)))
      await until(() => said.length > 0)
      assert.deepEqual(said, [{ busy: 2, capacity: 2 }])
      open()
      await mine
      worker.postMessage('end')
      await ended
      assert.equal(await pool.submit(() => 'after'), 'after')
      await pool.close()
    },
  ],
  [
    'import and require give one and the same code',
    () => {
      const required = createRequire(import.meta.url)('workpool')
      assert.equal(required.Pool, Pool)
    },
  ],
])
