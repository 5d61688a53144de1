/** Ends this process in a certain way while it owns pools in a certain state: `end.mjs <state> <way>`. */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

import { Pool, ThreadPool } from 'workpool'

const filename = new URL('tasks.mjs', import.meta.url)
const flag = () => new Int32Array(new SharedArrayBuffer(4))
const isSet = async (cell) => {
  while (Atomics.load(cell, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1))
}

const STATES = {
  async idle() {
    const closures = Pool.create({ size: 2, disablePurge: true })
    const threads = ThreadPool.create({ filename, size: 2, disablePurge: true })
    await Promise.all([closures.submit(() => 1), threads.run(1), threads.run(2)])
    return [closures, threads]
  },
  async working() {
    const threads = ThreadPool.create({ filename, size: 1 })
    threads.tasks.wait(50).then(() => console.log('settled'))
    return [threads]
  },
  async spinning() {
    const threads = ThreadPool.create({ filename, size: 1 })
    const cell = flag()
    threads.run(cell, { name: 'spin' }).catch(() => {})
    threads.run(2).catch(() => {})
    await isSet(cell)
    return [threads]
  },
  async waiting() {
    const closures = Pool.create({ size: 1 })
    closures.submit(() => new Promise(() => {}))
    closures.submit(() => 2).catch(() => {})
    return [closures]
  },
}

const WAYS = {
  naturally() {},
  exit: () => process.exit(7),
  throw() {
    setTimeout(() => {
      throw new Error('thrown on purpose')
    })
  },
  signal() {
    setInterval(() => {}, 1_000)
  },
  async terminate(state) {
    const owner = new Worker(new URL(import.meta.url), { workerData: state })
    await new Promise((resolve) => owner.once('message', resolve))
    await owner.terminate()
    console.log('terminated')
  },
}

if (isMainThread) {
  const [state, way] = process.argv.slice(2)
  globalThis.kept = way === 'terminate' ? undefined : await STATES[state]()
  console.log('ready')
  await WAYS[way](state)
} else {
  globalThis.kept = await STATES[workerData]()
  parentPort.postMessage('ready')
  parentPort.on('message', () => {})
}
