// No way of ending the process hangs, whatever work its pools have.
import test from 'ava'

import { child } from '../support/child.js'
import { endings, signalled } from '../support/endings.js'

const exited = { code: 7, stdout: 'exit listener\n' }
endings('end', {
  'process.exit': exited,
  'process.exit at once': exited,
  'process.exit in a closure': exited,
  'process.exit in a waiting closure': exited,
  'process.exit in init': exited,
  'process.exit in panicHandler': exited,
  'process.reallyExit': { code: 7, stdout: '' },
  'uncaught exception': { code: 1, stdout: 'exit listener\n' },
  'unhandled rejection': { code: 1, stdout: 'exit listener\n' },
})
signalled('end', 'a signal', ['SIGTERM', 'SIGINT', 'SIGHUP'])
test.serial('end: SIGTERM with a handler that exits', async (t) => {
  t.timeout(15_000)
  const { hung, code } = await child('end', { args: ['a signal with a handler'], signal: 'SIGTERM' })
  t.deepEqual({ hung, code }, { hung: false, code: 7 })
})
