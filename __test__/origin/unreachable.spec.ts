// A pool that nobody references is released once its last task has settled, and not before.
import test from 'ava'

import { child } from '../support/child.js'

const expected = {
  idle: ['ran', 'disposed of resource'],
  'running and waiting': ['still waiting', 'ran 1', 'ran 2', 'ran 3', 'disposed of resource'],
  'executed and waiting': ['still waiting', 'ran 1', 'ran 2', 'ran 3', 'disposed of resource'],
  booting: ['still waiting', 'ran with late resource', 'disposed of late resource'],
  'waiting for a deadline': ['ERR_POOL_WAIT_TIMEOUT', 'disposed of resource'],
  closing: ['still waiting', 'ran 1', 'ran 2', 'disposed of resource', 'closed'],
  'referenced by its own task': ['still waiting', 'ran another', 'disposed of resource'],
  'a face, whose last task goes on': ['open while it runs', 'ran', 'submitted 0'],
  'a face that waits': ['ERR_POOL_CLOSED', 'still waiting', 'drained', 'settled'],
  'a face that waits, but has left': ['closed', 'drained'],
  'a face in the middle of its dispose': ['left'],
  'the last face': ['ran', 'submitted 0'],
  'whose vacancy has just been told': ['well'],
  'referenced by its own options': ['ran', 'collected'],
  'released and referenced by its own options': ['ran', 'disposed of resource', 'collected'],
  'still referenced': ['ran', 'running 1'],
}
for (const [what, lines] of Object.entries(expected)) {
  test.serial(`a dropped pool: ${what}`, async (t) => {
    t.timeout(15_000)
    const { hung, code, stdout, stderr } = await child('unreachable', { args: [what], execArgv: ['--expose-gc'] })
    t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
    t.deepEqual(stdout.trim().split('\n'), lines)
  })
}

test.serial('pools that are told of a vacancy may be collected before they have used it', async (t) => {
  t.timeout(15_000)
  const { hung, code, stdout, stderr } = await child('vacant-and-gone', { execArgv: ['--expose-gc'] })
  t.deepEqual({ hung, code, stdout, stderr }, { hung: false, code: 0, stdout: 'alive\n', stderr: '' })
})
