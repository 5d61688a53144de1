import test from 'ava'

import { child } from '../support/child.js'

test('what somebody has put on Object.prototype is no option, no message and no result of ours', async (t) => {
  t.timeout(60_000)
  const { hung, code, stdout, stderr } = await child('polluted', { deadlineMs: 50_000 })
  t.false(hung, stdout)
  t.is(stderr, '')
  t.true(stdout.endsWith('all is well\n'), stdout)
  t.is(code, 0)
})
