/**
 * `npm run native:exits [-- --times 10]`: processes and isolates with native jobs that wait, run, complete, … end in every way, 50 times
 * each: some 2,400 processes, a quarter of an hour.
 */
import { parseArgs } from 'node:util'
import { root, run } from './run.mjs'
import { join } from 'node:path'

const { values } = parseArgs({ options: { times: { type: 'string', default: '50' } } })
const deadline = 60 + 20 * Number(values.times)
run(
  process.execPath,
  [join(root, 'scripts/native.mjs'), '--timeout', `${deadline}s`, '__test__/addons/exits.spec.ts'],
  {
    env: { ...process.env, WORKPOOL_TIMES: values.times },
  },
)
