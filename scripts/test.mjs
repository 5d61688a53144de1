/**
 * `npm test`: sets up what is missing, runs all suites and ends with one line that counts them together.
 * Arguments go to ava.
 */
import { spawn } from 'node:child_process'
import { root } from './run.mjs'
import { buildAddons, canBuild } from './addons.mjs'
import { setUp } from './setup.mjs'

/** Runs a suite, lets its output through and adds up the counts that `pattern` finds in it. */
function runSuite(command, args, { passed, failed }, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      process.stdout.write(chunk)
    })
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`)
      resolve({ passed: 0, failed: 1 })
    })
    child.on('close', (code) => {
      const count = (pattern) => [...output.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0)
      const counts = { passed: count(passed), failed: count(failed) }
      // A suite that fails without a failed test (it did not compile, it crashed) has failed all the same.
      if (code !== 0 && counts.failed === 0) counts.failed = 1
      resolve(counts)
    })
  })
}

setUp()
const OF_AVA = {
  passed: /^\s*(\d+) tests? passed/gm,
  failed: /^\s*(\d+) (?:tests? failed|tests? remained pending|uncaught exceptions?|unhandled rejections?)/gm,
}
const ava = (args, env) => runSuite(process.execPath, ['node_modules/ava/entrypoints/cli.mjs', ...args], OF_AVA, env)
const chosen = process.argv.slice(2)
const suites = [
  await runSuite('cargo', ['test', '--workspace', '--quiet'], {
    passed: /^test result: .* (\d+) passed;/gm,
    failed: /^test result: .* (\d+) failed;/gm,
  }),
  await ava(chosen),
]
// Those of native jobs, which need addons of their own; `npm run test:native` runs only these.
if (chosen.length === 0 && canBuild) {
  buildAddons()
  suites.push(await ava([], { WORKPOOL_TESTS: 'addons' }))
}
const total = (key) => suites.reduce((sum, suite) => sum + suite[key], 0)
console.log(`${total('passed')} passed, ${total('failed')} failed`)
process.exitCode = total('failed') === 0 ? 0 : 1
