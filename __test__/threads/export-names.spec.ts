// Names of exports come from callers. One that is no export is refused by the thread, and nobody keeps it.
import test from 'ava'

import { child } from '../support/child.js'
import { threads } from '../support/threads.js'
import { rejection } from '../support/until.js'

test('before a thread has loaded, a few short names have numbers, and no others are kept', async (t) => {
  const { stdout, stderr } = await child('early-names')
  t.deepEqual(JSON.parse(stdout || stderr), {
    long: null,
    numbers: Array.from({ length: 16 }, (_, i) => i + 1),
    isKept: true,
  })
})

for (const when of ['loaded', 'not loaded'] as const) {
  test.serial(`names that are no exports are not kept, and count as failed: ${when}`, async (t) => {
    t.timeout(60_000)
    const { stdout, stderr } = await child('names', { args: [when], deadlineMs: 50_000 })
    const { grownMb, ...stats } = JSON.parse(stdout || stderr)
    t.deepEqual(stats, { submitted: 2_280, failed: 2_280, unsettled: 0 })
    // Every name that was kept would be 1 MB.
    t.true(grownMb < 100, `${grownMb} MB`)
  })

  test.serial(`an unknown export is named with those that there are: ${when}`, async (t) => {
    const pool = threads(t, { size: 1 })
    if (when === 'loaded') await pool.ready()
    for (const task of [
      pool.run(1, { name: 'nope' }),
      pool.tasks.nope!(1, 2),
      pool.run(new SharedArrayBuffer(1), { name: 'nope' }),
    ]) {
      const error = await rejection(task)
      t.true(error instanceof TypeError)
      t.is(error.code, 'ERR_POOL_OPTION')
      t.regex(error.message, /exports no function nope; its functions are .*echo/)
    }
    const error = await rejection(pool.run(1, { name: 'x'.repeat(1_000_000) }))
    t.true(error.message.length < 10_000)
  })

  test.serial(`exports are called by name, whatever their argument and way: ${when}`, async (t) => {
    const pool = threads(t, { size: 1 })
    if (when === 'loaded') await pool.ready()
    const shared = new SharedArrayBuffer(1)
    const bytes = new Uint8Array(20_000).fill(7)
    const results = [
      pool.run(5, { name: 'echo' }),
      pool.tasks.list!(1, 'two', undefined),
      pool.tasks.list!(),
      pool.run(bytes, { name: 'echo' }),
      pool.run(new Map([[1, shared]]), { name: 'echo' }),
      pool.run(bytes.slice(), { name: 'sized', transfer: [bytes.slice().buffer] }),
    ]
    const values = await Promise.all(results)
    t.deepEqual(values.slice(0, 4), [5, [1, 'two', undefined], [], bytes])
    t.true((values[4] as Map<number, unknown>).get(1) instanceof SharedArrayBuffer)
    t.is(values[5], 20_000)
    t.is(((await pool.tasks.current!()) as { name: string }).name, 'current')
  })
}
