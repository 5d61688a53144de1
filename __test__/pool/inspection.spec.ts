import { inspect } from 'node:util'

import test from 'ava'
import { MultiPool, Pool, ThreadPool } from 'workpool'

import { occupy } from '../support/gate.js'
import { threads } from '../support/threads.js'

// What `console.log(pool)`, a debugger's console and loggers that inspect show.

test('a pool shows its name and what it does', async (t) => {
  const pool = Pool.create({ name: 'upstream', size: 2 })
  const { finish } = occupy(pool, 3)
  const numbers = 'capacity: 2, busy: 2, idle: 0, waiting: 1, unsettled: 3'
  t.is(inspect(pool, { breakLength: Infinity }), `Pool "upstream" { ${numbers} }`)
  pool.release()
  const after = 'capacity: 2, busy: 2, idle: 0, waiting: 0, unsettled: 2, isClosed: true'
  t.is(inspect(pool, { breakLength: Infinity }), `Pool "upstream" { ${after} }`)
  await finish()
})

test('an unbounded pool shows that', (t) => {
  t.regex(inspect(Pool.create({ size: Infinity })), /^Pool "pool-\d+" \{ capacity: Infinity,/)
})

test('a thread pool and several pools show the same, and what kind they are', (t) => {
  const threadPool = threads(t, { name: 'render', size: 3 })
  const numbers = (capacity: number) => `capacity: ${capacity}, busy: 0, idle: 0, waiting: 0, unsettled: 0`
  t.is(inspect(threadPool, { breakLength: Infinity }), `ThreadPool "render" { ${numbers(3)} }`)
  const multi = MultiPool.create({ name: 'db', pools: 2, size: 4 })
  t.is(inspect(multi, { breakLength: Infinity }), `MultiPool "db" { pools: 2, ${numbers(8)} }`)
})

test('inside of other objects it follows the depth, and the colours', (t) => {
  const pool = Pool.create({ name: 'inner', size: 1 })
  t.is(inspect({ a: { b: pool } }, { depth: 1 }), '{ a: { b: [Pool "inner"] } }')
  t.is(inspect(pool, { depth: -1, colors: true }), `\u001b[36m[Pool "inner"]\u001b[39m`)
  t.true(inspect(pool, { colors: true }).includes('\u001b[33m1\u001b[39m'))
})

test('what only looks like a pool can be inspected, too', (t) => {
  for (const { prototype } of [Pool, ThreadPool, MultiPool]) {
    t.notThrows(() => inspect(prototype))
    t.notThrows(() => inspect(Object.create(prototype)))
    t.notThrows(() => inspect(new Proxy(Object.create(prototype), {})))
  }
})
