/** Isolates and processes that end at any moment while their pools are in use: nothing crashes, nothing hangs, nothing else suffers. */
import assert from 'node:assert/strict'
import { Worker, isMainThread, parentPort } from 'node:worker_threads'

import { Pool, ThreadPool } from 'workpool'

import { cases, ending } from './cases.mjs'

const filename = new URL('tasks.mjs', import.meta.url)
const ROUNDS = 30
const ISOLATES = 4
const PROCESSES = 12

/** Uses pools of all kinds for ever. */
function use() {
  const shared = Pool.create({ name: 'teardown', size: 3, shared: true })
  const own = Pool.create({ size: 2, expiry: 5, init: () => ({}), dispose: () => {} })
  const threads = ThreadPool.create({ filename, size: 2, expiry: 5, concurrency: 2 })
  const ignore = () => {}
  const turn = () => {
    for (let task = 0; task < 5; task++) {
      shared.submit(() => new Promise(setImmediate)).catch(ignore)
      own.submit(() => new Promise(setImmediate), { timeout: 2 }).catch(ignore)
      threads.tasks.doubled(task).catch(ignore)
      threads.run(new Uint8Array(64), { name: 'moved', waitTimeout: 3 }).catch(ignore)
    }
    setTimeout(turn, 1)
  }
  turn()
}

async function endIsolates() {
  const pool = Pool.create({ name: 'teardown', size: 3, shared: true })
  for (let round = 0; round < ROUNDS; round++) {
    const workers = Array.from({ length: ISOLATES }, () => new Worker(new URL(import.meta.url)))
    const results = Array.from({ length: 20 }, (_, task) => pool.submit(async () => task))
    await Promise.all(
      workers.map(async (worker, place) => {
        const ready = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
        if ((round + place) % 4 !== 0) await ready
        else ready.catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, (round * 7 + place * 3) % 40))
        await worker.terminate()
      }),
    )
    assert.deepEqual(await Promise.all(results), [...Array(20).keys()])
  }
  await pool.close()
  assert.deepEqual([pool.busy, pool.waiting, pool.running], [0, 0, 0])
}

if (!isMainThread) {
  use()
  parentPort.postMessage('ready')
} else if (process.argv[2] === 'process') {
  use()
  new Worker(new URL(import.meta.url)).unref()
  setTimeout(() => process.exit(7), Number(process.argv[3]))
} else {
  await cases([
    ['isolates end while their pools are in use', endIsolates],
    [
      'processes end while their pools are in use',
      async () => {
        for (let number = 0; number < PROCESSES; number++) {
          const { code, signal, stderr } = await ending('teardown.mjs', ['process', String(number * 17)])
          assert.deepEqual({ code, signal, stderr }, { code: 7, signal: null, stderr: '' })
        }
      },
    ],
  ])
}
