// What createWorker may do wrong. The thread cannot be started then, the error says what is wrong, and the slot is free.
import { EventEmitter } from 'node:events'
import { Worker, type WorkerOptions } from 'node:worker_threads'

import test from 'ava'

import { threads } from '../support/threads.js'
import { rejection } from '../support/until.js'

type Make = (url: URL, options: WorkerOptions) => unknown
const evaluated = (code: string, options: WorkerOptions = {}) => new Worker(code, { ...options, eval: true })
let first: Worker | undefined

const MISUSES: Record<string, [Make, RegExp]> = {
  'returns nothing': [() => undefined, /returned undefined/],
  'returns a promise': [async (url, options) => new Worker(url, options), /returned a promise/],
  'returns a promise that rejects': [() => Promise.reject(new Error('later')), /returned a promise/],
  'returns an EventEmitter': [() => new EventEmitter(), /returned .*EventEmitter/],
  'leaves the options out': [(url) => new Worker(url), /not given the options/],
  'leaves the options out, and fails': [() => evaluated('throw new Error("its own")'), /not given the options/],
  'leaves the options out, and does not end': [
    () => evaluated('setInterval(() => {}, 1_000)'),
    /not given the options/,
  ],
  'makes a Worker of another file, which ends': [
    (_, options) => evaluated('', options),
    /before it had imported 'workpool\/worker'/,
  ],
  'makes a Worker of another file, which does not end': [
    (_, options) => evaluated('setInterval(() => {}, 1_000)', options),
    /has not imported 'workpool\/worker'/,
  ],
}

for (const [what, [make, why]] of Object.entries(MISUSES)) {
  test(`createWorker ${what}`, async (t) => {
    t.timeout(30_000)
    let isWrong = true
    const createWorker = (url: URL, options: WorkerOptions) =>
      (isWrong ? make(url, options) : new Worker(url, options)) as Worker
    const pool = threads(t, { size: 1, createWorker })
    const error = await rejection(pool.run(1))
    t.is(error.code, 'ERR_POOL_WORKER_START')
    t.regex(error.message, why)
    t.like(pool.stats(), { busy: 0, running: 0, failed: 1, unsettled: 0 })
    isWrong = false
    t.is(await pool.run('well'), 'well')
    await pool.destroy()
  })
}

test('createWorker returns the same Worker twice', async (t) => {
  const createWorker = (url: URL, options: WorkerOptions) => (first ??= new Worker(url, options))
  const pool = threads(t, { size: 1, createWorker })
  t.is(await pool.run('well'), 'well')
  const other = threads(t, { size: 1, createWorker })
  const error = await rejection(other.run(1))
  t.is(error.code, 'ERR_POOL_WORKER_START')
  t.regex(error.message, /that a pool already has/)
  t.is(await pool.run('still well'), 'still well')
})

test('a thread that does nothing in a file of its own is ended by destroy at once', async (t) => {
  const createWorker = (_: URL, options: WorkerOptions) => evaluated('setInterval(() => {}, 1_000)', options)
  const pool = threads(t, { size: 1, createWorker })
  const task = rejection(pool.run(1))
  await pool.destroy()
  t.is((await task).code, 'ERR_POOL_CLOSED')
})
