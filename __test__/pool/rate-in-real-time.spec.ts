// A rate by the machine's clock, with very many tasks; `npm run rate` takes longer. What is exact about it is a matter of the core's tests, whose
// clock they set themselves.
import test from 'ava'

import { child } from '../support/child.js'

for (const isolates of [1, 4])
  test(`of 100,000 tasks no more than the rate start in any time, from ${isolates === 1 ? 'one isolate' : 'four isolates that share the pool'}`, async (t) => {
    t.timeout(60_000)
    const args = ['--tasks', '100000', '--limit', '1000', '--interval', '10', '--isolates', String(isolates)]
    const { code, stdout, stderr, hung } = await child('rate', { args, deadlineMs: 50_000 })
    t.false(hung)
    t.is(stderr, '')
    const { called, problems } = JSON.parse(stdout)
    t.deepEqual(problems, [])
    t.is(called, 100_000)
    t.is(code, 0)
  })
