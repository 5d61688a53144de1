import { join } from 'node:path'

import test from 'ava'
import { MultiPool, Pool, ThreadPool, pools } from 'workpool'

import { child } from '../support/child.js'

const filename = join(process.cwd(), '__test__', 'fixtures', 'thread-tasks.mjs')

test.serial('pools() lists every kind of pool in the order of creation, and no view', (t) => {
  const before = pools().length
  const closures = Pool.create({ name: 'closures' })
  const threads = ThreadPool.create({ filename, name: 'threads' })
  const multi = MultiPool.create({ name: 'multi', pools: 2 })
  const over = MultiPool.of([closures])
  closures.with({ priority: 'low' })
  threads.with({ priority: 'low' })
  multi.with({ priority: 'low' })
  const listed = pools().slice(before)
  const expected = [closures, threads, multi.at(0), multi.at(1), multi, over]
  t.is(listed.length, expected.length)
  for (const [i, pool] of expected.entries()) t.is(listed[i], pool, `${pool.kind} ${pool.name}`)
  t.deepEqual(
    listed.map(({ kind, name }) => [kind, name]),
    [
      ['closures', 'closures'],
      ['threads', 'threads'],
      ['closures', 'multi#0'],
      ['closures', 'multi#1'],
      ['multi', 'multi'],
      ['multi', over.name],
    ],
  )
})

test.serial('a closed pool stays in the list, as it may be rebooted', (t) => {
  const pool = Pool.create()
  pool.release()
  t.true(pools().includes(pool))
  t.is(pools().find((each) => each === pool)?.isClosed, true)
})

test.serial('a pool that could not be made is not listed', (t) => {
  const before = pools().length
  t.throws(() => Pool.create({ ageing: 10, defaults: { key: 'k' } }), { code: 'ERR_POOL_OPTION' })
  t.throws(() => MultiPool.create({ pools: 2, ageing: 10, defaults: { key: 'k' } }), { code: 'ERR_POOL_OPTION' })
  t.throws(() => ThreadPool.create({ filename, ageing: 10, defaults: { key: 'k' } }), { code: 'ERR_POOL_OPTION' })
  t.is(pools().length, before)
})

test.serial('each handle of a shared pool is listed', (t) => {
  const options = { name: 'pools.spec shared', shared: true }
  const handles = [Pool.create(options), Pool.create(options)]
  t.deepEqual(
    pools().filter(({ name }) => name === options.name),
    handles,
  )
})

test('the list changes nothing of the pools that it gave, and is new each time', (t) => {
  const pool = Pool.create()
  pools().length = 0
  t.true(pools().includes(pool))
})

test('each isolate lists its own pools, and a pool that nobody references leaves the list and is released', async (t) => {
  const { hung, code, stdout, stderr } = await child('listed-pools', { execArgv: ['--expose-gc'] })
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
  t.deepEqual(stdout.trim().split('\n'), [
    'in the thread: inner',
    'listed: kept, dropped',
    'released: dropped',
    'listed: kept',
  ])
})
