// Two installed copies of the package in one process, of one version or of two.
import test from 'ava'
import * as workpool from 'workpool'
import {
  GroupTimeoutError,
  MultiPool,
  NoThreadError,
  Pool,
  PoolClearedError,
  PoolClosedError,
  PoolError,
  PoolOverloadError,
  PoolUnsupportedError,
  ReleaseTimeoutError,
  ResultTimeoutError,
  TaskTimeoutError,
  WaitTimeoutError,
  WorkerCrashedError,
  WorkerStartError,
} from 'workpool'

import { type Versions, runWithTwoCopies } from '../support/copies.js'

const both = `
const first = require('./first/node_modules/workpool')
const second = require('./second/node_modules/workpool')
if (first.Pool === second.Pool) throw new Error('it is one copy')
const print = (...values) => console.log(JSON.stringify(values))
`

const versions: readonly Versions[] = ['same', 'different']

for (const kind of versions) {
  test(`an error of another copy (version: ${kind}) is known by its class's is`, async (t) => {
    const lines = await runWithTwoCopies(t, kind, {
      'main.cjs': `${both}
        void (async () => {
          const pool = second.Pool.create({ size: 1, nonblocking: true })
          void pool.submit(() => new Promise((resolve) => setImmediate(resolve)))
          const error = await pool.submit(() => 1).catch((error) => error)
          const { PoolError, PoolOverloadError, PoolClosedError } = first
          print(error instanceof PoolError, PoolError.is(error), PoolOverloadError.is(error), PoolClosedError.is(error))
        })()`,
    })
    t.deepEqual(lines, ['[false,true,true,false]'])
  })

  test(`a task module may use another copy (version: ${kind})`, async (t) => {
    const lines = await runWithTwoCopies(t, kind, {
      'second/tasks.cjs': `
        const worker = require('workpool/worker')
        const { currentTask, isWorkerThread, maybeCurrentTask, transfer, workerData } = worker
        exports.inside = () => ({ isWorkerThread, workerData, name: currentTask().name, aborted: currentTask().aborted || currentTask().signal.aborted })
        exports.outside = async () => { await null; return maybeCurrentTask() === undefined }
        let moved
        exports.move = async () => { moved = new Uint8Array([1, 2, 3]); return transfer(moved, [moved.buffer]) }
        exports.isGone = () => moved.byteLength === 0
        exports.inContext = () => {
          const { readFileSync } = require('node:fs')
          const { dirname, join } = require('node:path')
          const vm = require('node:vm')
          const context = vm.createContext({})
          const load = (file) => {
            const module = { exports: {} }
            const of = Object.assign((id) => (id.startsWith('.') ? load(join(dirname(file), id)) : require(id)), { resolve: require.resolve })
            vm.runInContext('(function (exports, require, module, __filename, __dirname) {' + readFileSync(file, 'utf8') + '})', context, { filename: file })(module.exports, of, module, file, dirname(file))
            return module.exports
          }
          const other = load(require.resolve('workpool/worker'))
          return { isWorkerThread: other.isWorkerThread, name: other.currentTask().name, data: other.workerData, isOther: other.transfer !== transfer }
        }`,
      'main.cjs': `${both}
        void (async () => {
          const filename = require.resolve('./second/tasks.cjs')
          const pool = first.ThreadPool.create({ filename, size: 1, workerData: { of: 'the user' } })
          print(await pool.run(0, { name: 'inside' }))
          print(await pool.run(0, { name: 'outside' }))
          const bytes = await pool.run(0, { name: 'move' })
          print(bytes instanceof Uint8Array, [...bytes], await pool.run(0, { name: 'isGone' }))
          print(await pool.run(0, { name: 'inContext' }))
          await pool.close()
          print(require('./second/node_modules/workpool/dist/worker.js').isWorkerThread)
        })()`,
    })
    t.deepEqual(lines, [
      '[{"isWorkerThread":true,"workerData":{"of":"the user"},"name":"inside","aborted":false}]',
      '[true]',
      '[true,[1,2,3],true]',
      '[{"isWorkerThread":true,"name":"inContext","data":{"of":"the user"},"isOther":true}]',
      '[false]',
    ])
  })
}

const shared = `
void (async () => {
  const warnings = []
  const logger = { debug() {}, info() {}, error() {}, warn: (details, message) => warnings.push([message, details]) }
  const options = { name: 'common', shared: true, size: 1, logger }
  const pools = [first, second].map(({ Pool }) => Pool.create(options))
  const others = [first, second].map(({ Pool }, i) => Pool.create({ ...options, name: 'of copy ' + i }))
  let end
  const task = pools[0].submit(() => new Promise((resolve) => (end = resolve)))
  print(pools[1].busy)
  end()
  await task
  await Promise.all([...pools, ...others].map((pool) => pool.close()))
  print(warnings.length, ...warnings.flat())
})()`

test('shared pools of one name are one pool for copies of one version', async (t) => {
  t.deepEqual(await runWithTwoCopies(t, 'same', { 'main.cjs': both + shared }), ['[1]', '[0]'])
})

test('shared pools of one name in copies of two versions are two pools, which is warned of once', async (t) => {
  const [busy, warned, ...rest] = await runWithTwoCopies(t, 'different', { 'main.cjs': both + shared })
  t.deepEqual([busy, rest], ['[0]', []])
  const [count, message, details] = JSON.parse(warned!) as [number, string, { pool: string; copies: string[] }]
  t.is(count, 1)
  t.regex(message, /another copy of workpool/)
  t.is(details.pool, 'common')
  t.is(details.copies.length, 2)
  t.regex(details.copies[0]!, /^\/second\/node_modules\/workpool\//)
  t.regex(details.copies[1]!, /^\/first\/node_modules\/workpool\//)
})

test('a thread of the user that has a copy of its own of the same version shares with main', async (t) => {
  const lines = await runWithTwoCopies(t, 'same', {
    'second/thread.cjs': `
      const { parentPort } = require('node:worker_threads')
      const { Pool } = require('workpool')
      const pool = Pool.create({ name: 'common', shared: true, size: 1 })
      parentPort.postMessage(pool.busy)`,
    'main.cjs': `
      const { Worker } = require('node:worker_threads')
      const { Pool } = require('./first/node_modules/workpool')
      const pool = Pool.create({ name: 'common', shared: true, size: 1 })
      let end
      void pool.submit(() => new Promise((resolve) => (end = resolve)))
      const thread = new Worker(require.resolve('./second/thread.cjs'))
      thread.on('message', (busy) => { console.log(busy); end() })`,
  })
  t.deepEqual(lines, ['1'])
})

test('a thread that begins with another copy than its pool says so', async (t) => {
  const lines = await runWithTwoCopies(t, 'different', {
    'second/entry.cjs': `require('workpool/worker')`,
    'second/tasks.cjs': `module.exports = () => 1`,
    'main.cjs': `${both}
      void (async () => {
        const { Worker } = require('node:worker_threads')
        const createWorker = (url, options) => new Worker(require.resolve('./second/entry.cjs'), options)
        const pool = first.ThreadPool.create({ filename: require.resolve('./second/tasks.cjs'), size: 1, createWorker })
        const error = await pool.run().catch((error) => error)
        print(error.code, error.cause.message)
        await pool.close()
      })()`,
  })
  const [code, message] = JSON.parse(lines[0]!) as string[]
  t.is(code, 'ERR_POOL_WORKER_START')
  t.regex(message!, /another copy of workpool.*\/second\/.*\/first\//s)
})

test('every error class has an is of its own', async (t) => {
  const classes = [
    PoolClosedError,
    PoolOverloadError,
    WaitTimeoutError,
    TaskTimeoutError,
    WorkerCrashedError,
    WorkerStartError,
    NoThreadError,
    ReleaseTimeoutError,
    PoolClearedError,
    PoolUnsupportedError,
    ResultTimeoutError,
    GroupTimeoutError,
  ]
  const isOurs = (value: unknown) => typeof value === 'function' && value.prototype instanceof PoolError
  const ours: readonly unknown[] = Object.values(workpool).filter(isOurs)
  t.is(ours.length, classes.length)
  for (const Class of classes) t.true(ours.includes(Class), Class.name)
  const pool = Pool.create()
  pool.release()
  const closed = await pool.submit(() => 1).catch((error: unknown) => error)
  t.true(PoolError.is(closed))
  for (const Class of classes) {
    // Without its constructor, which is not public.
    const error: unknown = Object.create(Class.prototype as object)
    t.true(Class.is(error))
    t.true(PoolError.is(error))
    t.is(PoolClosedError.is(error), Class === PoolClosedError)
    t.is(Class.is(closed), Class === PoolClosedError)
  }
  for (const value of [
    undefined,
    null,
    7,
    'ERR_POOL_CLOSED',
    {},
    new Error('no'),
    { code: 'ERR_POOL_CLOSED' },
    () => {},
    MultiPool,
  ]) {
    t.false(PoolError.is(value))
    t.false(PoolClosedError.is(value))
  }
  const error: unknown = closed
  // The type follows.
  if (PoolError.is(error)) t.is(error.retryable, false)
  if (PoolOverloadError.is(error)) t.is(error.waiting, 0)
})
