// What reaches a thread before it takes tasks. Whoever has been told of its predecessor, which had the number of the worker, may be so late.
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'

import { needHeadroom } from '../../src/base/headroom.js'
import { isolate, native } from '../../src/native/binding.js'
// Which opens the mailbox.
import '../../src/native/isolate.js'

test('a task and an abort that reach a thread while it loads harm nobody, and the task is there once it has loaded', async (t) => {
  const pool = native.create(isolate, {
    size: 1,
    expiry: 0,
    preAlloc: false,
    nonblocking: false,
    maxBlockingTasks: 0,
    kind: { type: 'Thread', grace: 1_000 },
    concurrency: 1,
    minSize: 0,
  })
  // This isolate is the thread, and never comes so far as to serve.
  t.true(native.enter(isolate, native.announce(isolate, pool), 0, 0, 0))
  native.start(isolate, pool, false)
  t.is(native.booted(pool, 0), -1)
  needHeadroom()
  const task = native.run(pool, 0)
  t.true(task >= 0)
  native.abort(pool, task, native.stamp(pool, task), 0)
  // The bell has rung for both.
  for (let i = 0; i < 3; i++) await turn()
  t.true(native.next() >= 0, 'it has the task now')
  native.done(task, 0, 0, 0)
  t.deepEqual([native.drain(), native.drain()], [1, 0], 'and ends it')
})
