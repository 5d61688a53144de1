// No way of ending the process or an isolate hangs or crashes with native jobs, and no job is lost. `npm run native:exits` has each of
// these happen 50 times.
import test from 'ava'

import { type Ending, child } from '../support/child.js'

const TIMES = Number(process.env.WORKPOOL_TIMES ?? 1)
const OF_PROCESS = { exit: 0, reallyExit: 0, throw: 1, signal: null } as const
const OF_ISOLATE = ['terminate', 'exit of the isolate', 'throw in the isolate'] as const
const STATES = ['idle', 'running', 'waiting', 'late', 'completing', 'booting'] as const

function repeated(title: string, args: string[], check: (ending: Ending) => void, signal?: 'SIGTERM'): void {
  test.serial(title, async (t) => {
    t.timeout(60_000 + TIMES * 20_000)
    for (let time = 0; time < TIMES; time++) {
      const ending = await child('end-native', { args, deadlineMs: 30_000, ...(signal && { signal }) })
      t.deepEqual([ending.hung, ending.stderr.includes('FATAL')], [false, false])
      check(ending)
    }
    t.pass()
  })
}

function assertIs(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`)
}

for (const state of STATES) {
  for (const [way, code] of Object.entries(OF_PROCESS)) {
    const title = `a process with ${state} native jobs ends: ${way}`
    const ends = (ending: Ending): void => assertIs(ending.code, code, `the exit code, ${ending.stderr}`)
    repeated(title, [state, way], ends, way === 'signal' ? 'SIGTERM' : undefined)
  }
  for (const way of OF_ISOLATE) {
    repeated(`an isolate with ${state} native jobs ends: ${way}`, [state, way], ({ code, stdout, stderr }) => {
      assertIs(code, 0, `the exit code, ${stderr}`)
      const told = JSON.parse(stdout)
      if (state === 'completing' || state === 'booting') return
      // What waited is disposed of by the time that the isolate has ended, and what had ended before; what ran, later.
      const ended = state === 'idle' ? 2 : 0
      assertIs(told.disposed, told.waiting + ended, 'what was disposed of by the isolate')
      assertIs(told.completed, ended, 'what was completed')
    })
  }
}

for (const state of ['idle', 'late'] as const) {
  repeated(
    `a process ends by itself: ${state} native jobs keep nothing alive`,
    [state, 'natural'],
    ({ code, stderr }) => {
      assertIs([code, stderr], [0, ''], 'the end')
    },
  )
}

for (const way of OF_ISOLATE) {
  repeated(`a shared native pool goes on without an isolate that has ended: ${way}`, ['shared', way], ({ stdout }) => {
    assertIs(JSON.parse(stdout), { sum: 2, started: 3, disposed: 11, disposedWithoutEnv: 2 }, 'the jobs of both')
  })
}

test.serial('the image of an addon stays while a job of it runs, and after that', async (t) => {
  t.timeout(60_000 + TIMES * 20_000)
  for (let time = 0; time < TIMES; time++) {
    const { hung, code, stdout, stderr } = await child('native-in-threads-only', { deadlineMs: 30_000 })
    t.deepEqual([hung, code, stdout.trim(), stderr], [false, 0, '[1,1]', ''])
  }
})
