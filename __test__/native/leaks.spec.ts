// What a process holds after it has created, used and ended pools is what it held before. Each in a process of its own,
// after a first round that warms it up.
import test from 'ava'

import { child } from '../support/child.js'

interface Holdings {
  readonly threads: number
  readonly resources: string
  readonly listeners: number
  readonly heapMb: number
  readonly rssMb: number
}

const kinds: [kind: string, count: number, title: string][] = [
  ['release', 100, '100 × (create, use, release)'],
  ['drop', 3_000, '3,000 pools that nobody references any more'],
  ['tasks', 1_000, '100,000 tasks'],
  ['generations', 20_000, '20,000 generations'],
  ['isolates', 3, '6 threads with pools'],
]
for (const [kind, count, title] of kinds) {
  test.serial(`${title} leave threads, handles, listeners and memory as they were`, async (t) => {
    t.timeout(15_000)
    // A young generation that may grow would hide what grows otherwise.
    const execArgv = ['--expose-gc', '--max-semi-space-size=1']
    const options = { args: [kind, String(count)], execArgv }
    const { hung, code, stdout, stderr } = await child('cycles', options)
    t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
    const { before, after } = JSON.parse(stdout) as Record<'before' | 'after', Holdings>
    t.log(`${after.rssMb.toFixed(1)} MB after ${before.rssMb.toFixed(1)} MB, ${after.threads} threads`)
    t.is(after.threads, before.threads)
    t.is(after.resources, before.resources)
    t.true(after.listeners <= before.listeners, `${after.listeners} listeners after ${before.listeners}`)
    t.true(after.heapMb - before.heapMb < 1, `${after.heapMb} MB of heap after ${before.heapMb} MB`)
    t.true(after.rssMb - before.rssMb < 6, `${after.rssMb} MB after ${before.rssMb} MB`)
  })
}
