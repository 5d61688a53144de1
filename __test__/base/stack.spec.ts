import test from 'ava'
import { Pool } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { child } from '../support/child.js'
import { until } from '../support/until.js'

test('a stack that overflows in the midst of a verb costs no worker and no promise', async (t) => {
  t.timeout(60_000)
  const { hung, code, stdout, stderr } = await child('overflow', { deadlineMs: 50_000 })
  t.false(hung, stdout)
  t.true(stdout.endsWith('all is well\n'), `${stdout}${stderr}`)
  t.is(code, 0)
})

/** Submits a closure that does the same, until `depth` of them are inside one another. */
function nest(depth: number, submit: (closure: () => void) => unknown): void {
  if (depth > 0) submit(() => nest(depth - 1, submit))
}

for (const [how, call] of Object.entries({
  submit: (pool: Pool) => (closure: () => void) => void pool.submit(closure),
  'submit with options': (pool: Pool) => (closure: () => void) => void pool.submit(closure, { priority: 1 }),
  execute: (pool: Pool) => (closure: () => void) => pool.execute(closure),
  tryExecute: (pool: Pool) => (closure: () => void) => pool.tryExecute(closure),
})) {
  test(`closures that submit closures, each at once, need no more of the stack than a hundred do: ${how}`, async (t) => {
    const pool = Pool.create({ size: 50_000 })
    nest(20_000, call(pool))
    await pool.drain()
    const stats = pool.stats()
    t.is(stats.completed, 20_000)
    t.deepEqual(contradictions(stats), [])
    t.is(stats.busy, 0)
  })
}

test('so do handlers that submit again what has failed', async (t) => {
  let failures = 0
  const pool = Pool.create({
    size: 10_000,
    panicHandler: () => {
      if (++failures < 5_000) pool.execute(fails)
    },
  })
  const fails = () => {
    throw new Error('expected')
  }
  pool.execute(fails)
  await until(() => failures === 5_000, 'all have failed')
  t.is(pool.stats().failed, 5_000)
})

test('the hundred closures that are inside one another start inside their calls, the next one a little later', async (t) => {
  const pool = Pool.create({ size: 200 })
  let depth = 0
  nest(101, (closure) => {
    depth++
    void pool.submit(closure)
  })
  t.is(depth, 101)
  t.is(pool.stats().completed, 100)
  t.is(pool.busy, 1)
  await pool.drain()
  t.is(pool.stats().completed, 101)
})

test('one that starts a little later can be aborted before, and then never runs', async (t) => {
  const pool = Pool.create({ size: 200 })
  const controller = new AbortController()
  const reason = new Error('changed my mind')
  let late: Promise<unknown> | undefined
  nest(101, (closure) => {
    if (pool.busy < 100) void pool.submit(closure)
    else late = pool.submit(() => t.fail('it ran'), { signal: controller.signal })
  })
  controller.abort(reason)
  await t.throwsAsync(late!, { is: reason })
  await pool.drain()
  t.is(pool.stats().cancelled, 1)
  t.deepEqual(contradictions(pool.stats()), [])
})
