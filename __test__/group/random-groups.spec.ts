// A group never outlives its block, and each of its promises settles once, whatever its tasks do. `npm run groups` plays 10,000 programs.
import test from 'ava'

import { playGroups } from '../support/group-programs.js'

const PROGRAMS = Number(process.env['GROUP_PROGRAMS'] ?? 400)
const AT_ONCE = 40

test('no group outlives its block, and every promise settles once, in random programs', async (t) => {
  t.timeout(600_000)
  const seeds = Array.from({ length: PROGRAMS }, (_, seed) => seed)
  const play = async (): Promise<void> => {
    for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
      t.deepEqual(await playGroups(seed), [], `program ${seed}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, play))
  t.is(seeds.length, 0)
})
