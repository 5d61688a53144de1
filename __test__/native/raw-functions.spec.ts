// The functions of the addon, called as only a bug of this library could.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import test from 'ava'

test('whoever calls a function of the addon wrongly gets an exception, and the process lives', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['__test__/fixtures/raw-misuse.cjs'])
  t.deepEqual(stdout.trim().split('\n'), [
    'lent 1000',
    'detached 0',
    'shrunk 10',
    'grown 1000',
    'many functions, worker 0, next -1',
  ])
})
