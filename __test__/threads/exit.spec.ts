import test from 'ava'

import { child } from '../support/child.js'

const STATES = ['idle', 'busy', 'spinning', 'booting', 'shared'] as const
const WAYS = { exit: 0, reallyExit: 0, throw: 1, signal: null, terminate: 0 } as const

test.serial('a process whose thread pool is idle ends by itself', async (t) => {
  const { hung, code, stderr } = await child('end-threads', { args: ['idle', 'natural'] })
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
})

test.serial('a process stays for a task that its threads have not begun', async (t) => {
  const { hung, code, stderr } = await child('end-threads', { args: ['booting', 'natural'] })
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
})

for (const state of STATES) {
  for (const [way, code] of Object.entries(WAYS)) {
    test.serial(`a process with ${state} threads ends: ${way}`, async (t) => {
      t.timeout(30_000)
      const signal = way === 'signal' ? { signal: 'SIGTERM' as const } : {}
      const ending = await child('end-threads', { args: [state, way], ...signal })
      t.false(ending.hung)
      t.is(ending.code, code)
    })
  }
}
