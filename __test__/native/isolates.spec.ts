// Worker threads own pools, too: whatever ends them, or the process around them, nothing hangs or crashes.
import test from 'ava'

import { child } from '../support/child.js'
import { endings, signalled } from '../support/endings.js'

const well = 'main is well\n'
endings('end-isolates', {
  terminate: { code: 0, stdout: well },
  'terminate while a closure blocks': { code: 0, stdout: well },
  'natural end': { code: 0, stdout: `0,0,0,0\n${well}` },
  'process.exit in the thread': { code: 0, stdout: `5,5,5,5\n${well}` },
  'uncaught exception in the thread': { code: 0, stdout: `1,1,1,1\n${well}` },
  'process.exit in main': { code: 7, stdout: '' },
  'process.exit in main while a closure blocks': { code: 7, stdout: '' },
  'process.reallyExit in main': { code: 7, stdout: '' },
  'uncaught exception in main': { code: 1, stdout: '' },
})
signalled('end-isolates', 'a signal', ['SIGTERM', 'SIGINT'])

test.serial('pools of two isolates know nothing of each other', async (t) => {
  t.timeout(15_000)
  const { hung, code, stdout, stderr } = await child('two-isolates')
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
  t.is(stdout, 'thread: 64 completed, 2 at most\nmain: 64 completed, 3 at most\n')
})

test.serial('the addon may be loaded by threads first, one after the other, and then by main', async (t) => {
  t.timeout(15_000)
  const { hung, code, stdout, stderr } = await child('threads-first')
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
  t.is(stdout, 'main is well\n')
})

test.serial('one thread may load the package twice', async (t) => {
  t.timeout(15_000)
  const { hung, code, stdout, stderr } = await child('two-loads')
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
  const line = 'ran,ERR_POOL_WAIT_TIMEOUT,waited,tuned,ERR_POOL_TASK_TIMEOUT,ERR_POOL_RELEASE_TIMEOUT\n'
  t.is(stdout, `two loads\nshared,0,1,2,3,4,5,6,7,8,9,\n${line}${line}`)
})
