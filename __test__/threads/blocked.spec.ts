// What an isolate learns of its threads while runSync blocks it and nothing can be told by its event loop.
import test from 'ava'

import { child } from '../support/child.js'

/** What `fixtures/blocked.mjs` prints. */
const CASES: Record<string, unknown> = {
  // Of a thread that had loaded its module.
  'died before, and a verb has heard of it': 'alive',
  'died before, and nobody has heard of it': 'alive',
  'died before, and another pool is blocked for first': 'alive',
  'died while it had not begun the task': 'alive',
  'dies under the task': ['ERR_POOL_WORKER_CRASHED', 'alive'],
  'is ended for its timeout': ['ERR_POOL_TASK_TIMEOUT', 'alive'],
  // Of one that never does. Where nobody tells of its end, it is given up after 5 or 10 s.
  'preloads what throws': 'ERR_POOL_WORKER_START',
  'preloads what is missing': 'ERR_POOL_WORKER_START',
  'has no heap': 'ERR_POOL_WORKER_START',
  'gets no event loop': ['ERR_POOL_WORKER_START', 'alive'],
  'exits before it loads': 'ERR_POOL_WORKER_START',
  'is another file, which does nothing': 'ERR_POOL_WORKER_START',
  'is another file, which does not end': 'ERR_POOL_WORKER_START',
  'exits while its module loads': 'ERR_POOL_WORKER_START',
  'loads at the second attempt': 'alive',
}

for (const [what, result] of Object.entries(CASES)) {
  test(`runSync ends if its thread ${what}`, async (t) => {
    t.timeout(60_000)
    const { hung, stdout, stderr } = await child('blocked', { args: [what], deadlineMs: 40_000 })
    t.false(hung, stderr)
    t.deepEqual(JSON.parse(stdout), result)
  })
}

test('runSync waits for a thread no longer than waitTimeout', async (t) => {
  const { hung, stdout } = await child('blocked', { args: ['waits no longer than waitTimeout for a thread'] })
  t.false(hung)
  t.is(JSON.parse(stdout), 'ERR_POOL_WAIT_TIMEOUT')
})
