import { createRequire } from 'node:module'
import { join } from 'node:path'

import test from 'ava'
import { NativePool, type NativeTicket, PoolClosedError } from 'workpool'

import { rejection, until } from '../support/until.js'

interface Workers {
  worker(text: string, ms: number): Promise<string>
  job(ticket: NativeTicket, text: string, ms: number): Promise<string>
  sum(ticket: NativeTicket, bytes: Uint8Array): Promise<number>
  /** How many jobs have not been deleted. */
  alive(): number
}
const addon = createRequire(join(process.cwd(), 'package.json'))('./target/fixtures/cpp.node') as Workers

test.serial('an AsyncWorker that is ported by its base class does what it did', async (t) => {
  const native = NativePool.create({ size: 2 })
  t.is(await addon.worker('workpool', 0), 'loopkrow')
  t.is(await addon.job(native.job(), 'workpool', 0), 'loopkrow')
  for (const text of ['error', 'throw']) {
    const [before, after] = await Promise.all([
      rejection(addon.worker(text, 0)),
      rejection(addon.job(native.job(), text, 0)),
    ])
    t.deepEqual([after.name, after.message], [before.name, before.message])
    t.is(after.cause, after.message)
  }
  await native.close()
  t.is(addon.alive(), 0)
})

test.serial('whatever Execute throws rejects the promise of its own job only', async (t) => {
  const native = NativePool.create({ size: 1 })
  const thrown = rejection(addon.job(native.job(), 'throw 7', 0))
  const other = addon.job(native.job(), 'ab', 0)
  t.is((await thrown).message, 'an exception that is no std::exception')
  t.is(await other, 'ba')
  await native.close()
  t.is(addon.alive(), 0)
})

test.serial('what OnOK throws the promise rejects with', async (t) => {
  const native = NativePool.create({ size: 1 })
  const error = await rejection(addon.job(native.job(), 'bad result', 0))
  t.true(error instanceof RangeError)
  t.is(error.message, 'no result')
  await native.close()
})

test.serial('GetResult gives the result, OnError another error, and Keep keeps what Execute reads', async (t) => {
  const native = NativePool.create({ size: 1 })
  const sums = [1, 2, 3].map((byte) => addon.sum(native.job(), Buffer.alloc(100_000, byte)))
  globalThis.gc!()
  t.deepEqual(await Promise.all(sums), [100_000, 200_000, 300_000])
  const error = await rejection(addon.sum(native.job(), Buffer.alloc(0)))
  t.deepEqual([error.name, error.message], ['TypeError', 'sum: nothing to add'])
  await native.close()
  t.is(addon.alive(), 0)
})

test.serial('a job of C++ hears of its abort, tells its progress, and is deleted in any case', async (t) => {
  const native = NativePool.create({ size: 1 })
  const heard: number[] = []
  const ticket = native.job({ timeout: 5, onProgress: (value) => heard.push(value) })
  t.is((await rejection(addon.job(ticket, 'abort', 0))).code, 'ERR_POOL_TASK_TIMEOUT')
  await native.drain()
  t.is(await addon.job(native.job({ onProgress: (value) => heard.push(value) }), 'a', 0), 'a')
  t.deepEqual(heard, [1])
  await native.close()
  t.true((await rejection(addon.job(native.job(), 'a', 0))) instanceof PoolClosedError)
  t.throws(() => addon.job({} as NativeTicket, 'a', 0), { instanceOf: TypeError, code: 'ERR_POOL_OPTION' })
  await until(() => addon.alive() === 0, 'all jobs are deleted')
  t.pass()
})
