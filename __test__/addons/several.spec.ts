// Several native pools as one, and one for several isolates.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import test from 'ava'
import { MultiPool, NativePool, Pool, PoolOverloadError, ThreadPool, pools } from 'workpool'
import { include } from 'workpool/native'

import { Kind, fixture } from '../support/addon.js'
import { rejection, until } from '../support/until.js'

const addon = fixture('c')

test.serial(
  'a MultiPool of native pools hands a job to the first that takes it, and refuses when all are full',
  async (t) => {
    const natives = [1, 2].map((n) => NativePool.create({ name: `half-${n}`, size: 1, maxBlockingTasks: 1 }))
    const multi = MultiPool.of(natives, { strategy: 'least-tasks', defaults: { name: 'any' } })
    const { started, disposed } = addon.counts()
    const held = [1, 2].map(() => addon.submit(multi.job(), Kind.hold))
    await until(() => addon.counts().started === started + 2, 'each pool runs one')
    t.deepEqual(
      natives.map(({ busy }) => busy),
      [1, 1],
    )
    const waiting = [1, 2].map(() => addon.submit(multi.job(), Kind.sum, 1, 1))
    t.is(multi.waiting, 2)
    t.true((await rejection(addon.submit(multi.job(), Kind.sum))) instanceof PoolOverloadError)
    t.is(addon.counts().disposed, disposed + 1)
    t.is(multi.inspect().workers[0]!.tasks[0]!.name, 'any')
    addon.open()
    t.deepEqual(await Promise.all([...held, ...waiting]), [0, 0, 2, 2])
    t.is(multi.stats().completed, 4)
    await multi.close()
  },
)

test.serial('a MultiPool says what its pools cannot do', async (t) => {
  const natives = MultiPool.of([NativePool.create({ size: 1 })])
  const message = /the pools of this MultiPool run native jobs; use job/
  const any = natives as any
  for (const verb of ['execute', 'tryExecute', 'wrap', 'map', 'stream', 'with']) {
    t.throws(() => any[verb](() => 1), { code: 'ERR_POOL_OPTION', message })
  }
  for (const verb of ['submit', 'submitAll', 'lease', 'run', 'runAll']) {
    const error = await rejection(any[verb](() => 1))
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, message)
  }
  for (const verb of ['future', 'group', 'tasks']) t.throws(() => any[verb], { code: 'ERR_POOL_OPTION', message })
  t.throws(() => (MultiPool.of([Pool.create()]) as any).job(), { code: 'ERR_POOL_OPTION', message: /no native pools/ })
  t.throws(() => MultiPool.of([NativePool.create({ size: 1 }), Pool.create()] as never), { code: 'ERR_POOL_OPTION' })
  t.throws(() => natives.job({ weight: 1 } as object), { code: 'ERR_POOL_OPTION' })
  await natives.close()
})

test.serial('all isolates that ask for a name share its threads, and no isolate owns them', async (t) => {
  const options = { name: 'everybody', shared: true, size: 1 } as const
  const inside = `
    const { workerData, parentPort } = require('node:worker_threads')
    const { NativePool } = require('workpool')
    const addon = require(workerData.addon)
    const native = NativePool.create(workerData.options)
    addon.submit(native.job(), 0, 20, 22).then(async (sum) => {
      await native[Symbol.asyncDispose]()
      parentPort.postMessage(sum)
    })`
  const native = NativePool.create(options)
  const { started } = addon.counts()
  const held = addon.submit(native.job(), Kind.hold)
  await until(() => addon.counts().started === started + 1, 'the only thread is busy')
  const workerData = { options, addon: join(process.cwd(), 'target/fixtures/c.node') }
  const worker = new Worker(inside, { eval: true, workerData })
  await until(() => native.waiting === 1, 'the job of the other isolate waits')
  const sum = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  addon.open()
  t.is(await held, 0)
  t.is(await sum, 42)
  t.is(native.stats().completed, 2)
  t.throws(() => NativePool.create({ ...options, size: 2 }), { code: 'ERR_POOL_OPTION', message: /^size is 2/ })
  // Pools of other kinds may have the name.
  const closures = Pool.create({ name: 'everybody', shared: true })
  t.is(await closures.submit(() => 1), 1)
  await Promise.all([native.close(), closures.close()])
})

test.serial('a pool that nobody references is released once its last job has settled', async (t) => {
  const names = () => pools().map(({ name }) => name)
  const { started } = addon.counts()
  let held: Promise<unknown> | undefined
  ;(() => {
    const native = NativePool.create({ name: 'forgotten', size: 1 })
    held = addon.submit(native.job(), Kind.hold)
  })()
  await until(() => addon.counts().started === started + 1, 'the job starts')
  globalThis.gc!()
  addon.open()
  t.is(await held, 0)
  held = undefined
  await until(() => {
    globalThis.gc!()
    return !names().includes('forgotten')
  }, 'the pool is collected')
})

test('workpool/native says where the headers are', (t) => {
  t.true(existsSync(join(include, 'workpool.h')))
  t.true(existsSync(join(include, 'workpool.hpp')))
})

test('a NativePool is no thread pool, and says so', (t) => {
  t.throws(() => new (NativePool as any)(), { code: 'ERR_POOL_OPTION', message: /NativePool.create/ })
  t.throws(() => NativePool.create({ filename: 'x' } as object), { code: 'ERR_POOL_OPTION' })
  t.throws(() => ThreadPool.create({ stackSize: 1 } as any), { code: 'ERR_POOL_OPTION' })
})
