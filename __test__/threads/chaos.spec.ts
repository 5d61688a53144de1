import test from 'ava'

import { child } from '../support/child.js'

test.serial(
  'under everything at once every promise settles once, the numbers add up and no thread is left',
  async (t) => {
    t.timeout(60_000)
    // As `npm run chaos`, for a moment.
    const { hung, code, stdout, stderr } = await child('chaos', {
      args: ['--seconds', '3', '--patience', '40'],
      deadlineMs: 50_000,
    })
    t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
    const { results, problems } = JSON.parse(stdout)
    t.deepEqual(problems, [])
    t.is(results.length, 3, 'a pool for each of two isolates, and one for both')
  },
)
