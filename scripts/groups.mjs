/**
 * `npm run groups [-- 10000]`: random programs of groups, so many of them. Fails if a function outlives its block, or a promise does not settle
 * once.
 */
import { run } from './run.mjs'
import { setUp } from './setup.mjs'

setUp()
const [programs = '10000'] = process.argv.slice(2)
process.env.GROUP_PROGRAMS = programs
run('npx', ['ava', '__test__/group/random-groups.spec.ts'], { shell: process.platform === 'win32' })
