/**
 * `npm run test:jobs [-- --store file|redis|postgres]`: the tests of `workpool/jobs` on every store, or on one, with real servers and
 * processes that are really killed. What a machine cannot have is named.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './run.mjs'
import { STORES, startStore } from './servers.mjs'
import { setUp } from './setup.mjs'

const { values } = parseArgs({ options: { store: { type: 'string' } } })
if (values.store !== undefined && !STORES.includes(values.store)) {
  console.error(`--store is one of ${STORES.join(', ')}`)
  process.exit(1)
}

setUp()
const missing = []
let failed = 0
for (const name of values.store === undefined ? STORES : [values.store]) {
  let store
  try {
    store = await startStore(name)
  } catch (error) {
    missing.push(`${name}: ${error.message}`)
    continue
  }
  console.log(`── ${name}`)
  const run = (args, env) => {
    const { status } = spawnSync(process.execPath, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    })
    if (status !== 0) failed++
  }
  const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs')
  // That one is about folders, whatever the store.
  const specs = ['__test__/jobs/**/*.spec.ts', ...(name === 'file' ? [] : ['!__test__/jobs/folder.spec.ts'])]
  run([ava, '--concurrency', '1', ...specs], { JOBS_STORE: name === 'file' ? 'file' : store.where })
  await store.close()
  const tests = ['store.test.mjs', `${name}.test.mjs`].map((file) => join('__test__/jobs/servers', file))
  run(['--test', '--test-reporter=spec', '--test-concurrency=1', ...tests], { STORE: name })
}
for (const what of missing) console.log(`not tested, ${what}`)
// Whoever asks for a store by its name wants it.
if (failed > 0 || (values.store !== undefined && missing.length > 0)) process.exitCode = 1
