import { createRequire } from 'node:module'
import { join } from 'node:path'

import test from 'ava'
import { NativePool, type NativeTicket, PoolClosedError } from 'workpool'

import { rejection, until } from '../support/until.js'

interface RustAddon {
  reverse(ticket: NativeTicket, text: string, kept?: Buffer): Promise<string>
  hashPassword(ticket: NativeTicket, password: string, salt: Buffer): Promise<Buffer>
  /** How many tasks have not been dropped. */
  alive(): number
}
const addon = createRequire(join(process.cwd(), 'package.json'))('./target/fixtures/rust.node') as RustAddon

test.serial('a task of Rust computes on a thread of the pool and resolves on the event loop', async (t) => {
  const native = NativePool.create({ size: 2 })
  t.is(await addon.reverse(native.job(), 'workpool'), 'loopkrow')
  t.is(await addon.reverse(native.job(), 'ab', Buffer.alloc(3)), 'ba+++')
  await native.close()
  await until(() => addon.alive() === 0, 'all tasks are dropped')
})

test.serial(
  'an Err of compute is what reject makes of it, with its code; an Err of resolve rejects, too',
  async (t) => {
    const native = NativePool.create({ size: 1 })
    const error = await rejection(addon.reverse(native.job(), 'error'))
    t.deepEqual([error.message, error.code], ['reverse: no good', 'InvalidArg'])
    t.is((await rejection(addon.reverse(native.job(), 'bad result'))).message, 'no result')
    await native.close()
  },
)

test.serial('a panic rejects the promise of its own task, and its text is the cause', async (t) => {
  const native = NativePool.create({ size: 1 })
  const panicking = rejection(addon.reverse(native.job(), 'panic'))
  const other = addon.reverse(native.job(), 'ab')
  const error = await panicking
  t.deepEqual([error.message, error.cause], ['a panic on purpose', 'a panic on purpose'])
  t.is(await other, 'ba')
  t.is((await rejection(addon.reverse(native.job(), 'panic in resolve'))).message, 'a panic in resolve')
  await native.close()
  await until(() => addon.alive() === 0, 'all tasks are dropped')
})

test.serial('a task of Rust hears of its abort, tells its progress, and is dropped in any case', async (t) => {
  const native = NativePool.create({ size: 1 })
  const heard: number[] = []
  const onProgress = (value: number) => heard.push(value)
  t.is((await rejection(addon.reverse(native.job({ timeout: 5 }), 'abort'))).code, 'ERR_POOL_TASK_TIMEOUT')
  t.is(await addon.reverse(native.job({ onProgress }), 'ab'), 'ba')
  t.deepEqual(heard, [0.5])
  await native.close()
  t.true((await rejection(addon.reverse(native.job(), 'ab'))) instanceof PoolClosedError)
  t.throws(() => addon.reverse({} as NativeTicket, 'ab'), { message: /the ticket is missing/ })
  await until(() => addon.alive() === 0, 'all tasks are dropped')
})

test.serial('passwords are hashed by Argon2', async (t) => {
  const native = NativePool.create({ size: 2 })
  const salt = Buffer.from('somesaltsomesalt')
  const [one, same, other] = await Promise.all(
    ['secret', 'secret', 'Secret'].map((password) => addon.hashPassword(native.job(), password, salt)),
  )
  t.is(one!.length, 32)
  t.deepEqual(one, same)
  t.notDeepEqual(one, other)
  await native.close()
})
