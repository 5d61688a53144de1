/** `npm run test:native [-- <spec> …]`: builds the addons of `__test__/addons` and runs the tests of native jobs with them. */
import { buildAddons, canBuild } from './addons.mjs'
import { run } from './run.mjs'
import { setUp } from './setup.mjs'

if (!canBuild) {
  console.error(
    'the addons of the tests of native jobs are built with a Unix compiler; there is none set up for Windows',
  )
  process.exit(1)
}
setUp()
buildAddons()
run(process.execPath, ['node_modules/ava/entrypoints/cli.mjs', ...process.argv.slice(2)], {
  env: { ...process.env, WORKPOOL_TESTS: 'addons' },
})
