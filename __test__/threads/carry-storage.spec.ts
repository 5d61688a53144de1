// `carryStorage` in the owner and `carried` in the thread.
import { AsyncLocalStorage } from 'node:async_hooks'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { ThreadPool, carryStorage } from 'workpool'
import { carried } from 'workpool/worker'

import { rejection } from '../support/until.js'

const filename = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'carried-tasks.mjs'))
type Functions = Record<string, (...args: any[]) => any>

const create = (storages: Parameters<typeof carryStorage>[0], options: object = {}) =>
  ThreadPool.create<Functions>({ filename, size: 1, carry: [carryStorage(storages)], ...options })

test('what storages have at the call is there in the thread, by their names, and after awaits', async (t) => {
  const [request, user] = [new AsyncLocalStorage<unknown>(), new AsyncLocalStorage<unknown>()]
  await using pool = create({ request, user }, { concurrency: 3 })
  const run = (id: number) => request.run({ id }, () => user.run(`user ${id}`, () => pool.run()))
  t.deepEqual(
    await Promise.all([run(1), run(2), run(3)]),
    [1, 2, 3].map((id) => ({ before: [{ id }, `user ${id}`], after: [{ id }, `user ${id}`] })),
  )
})

test('a storage without a store brings nothing, and a store of null is one', async (t) => {
  const [request, user] = [new AsyncLocalStorage<unknown>(), new AsyncLocalStorage<unknown>()]
  await using pool = create({ request, user })
  const none = { before: [undefined, undefined], after: [undefined, undefined] }
  t.deepEqual(await pool.run(), none)
  t.deepEqual(await user.run(null, () => pool.run()), { before: [undefined, null], after: [undefined, null] })
  t.deepEqual(await pool.run(), none, 'nothing is left of the task before')
})

test('batches, streams, groups and runSync carry it, too', async (t) => {
  const request = new AsyncLocalStorage<unknown>()
  await using pool = create({ request })
  await request.run('r-7', async () => {
    t.deepEqual(await pool.runAll([1, 2], { name: 'request' }), ['r-7', 'r-7'])
    t.is(pool.runSync(undefined, { name: 'request' }), 'r-7')
    for await (const chunk of pool.stream(2, { name: 'chunks' })) t.is(chunk, 'r-7')
    await using group = pool.group()
    t.is(await group.run(undefined, { name: 'request' }), 'r-7')
  })
})

test('pino shows the id of the request in the lines that are logged in a thread', async (t) => {
  const request = new AsyncLocalStorage<{ id: string }>()
  await using pool = create({ request })
  const lines = await request.run({ id: 'r-7' }, () => pool.run('working', { name: 'log' }))
  t.like(lines[0], { msg: 'working', requestId: 'r-7' })
  t.false('requestId' in (await pool.run('without', { name: 'log' }))[1])
})

test('a store that cannot be cloned rejects its task, and no other', async (t) => {
  const request = new AsyncLocalStorage<unknown>()
  await using pool = create({ request })
  t.is((await rejection(request.run({ send() {} }, () => pool.run()))).name, 'DataCloneError')
  t.is(await request.run('r-8', () => pool.run(undefined, { name: 'request' })), 'r-8')
})

test('the same name is the same storage, which has no store outside of a task', (t) => {
  t.is(carried('request'), carried('request'))
  t.not(carried('request'), carried('user'))
  t.is(carried('request').getStore(), undefined)
  t.throws(() => carried(7 as never), { instanceOf: TypeError, code: 'ERR_POOL_OPTION', message: /name/ })
})

test('bad storages are a clear error at once', (t) => {
  for (const [bad, message] of [
    [undefined, /storages/],
    [null, /storages/],
    [{}, /no storage/],
    [{ request: 7 }, /storages\.request/],
    [{ request: undefined }, /storages\.request/],
    [{ request: {} }, /AsyncLocalStorage/],
  ] as const) {
    t.throws(() => carryStorage(bad as never), { instanceOf: TypeError, code: 'ERR_POOL_OPTION', message })
  }
})
