/**
 * `npm run test:runtimes [-- --smoke] [-- node@22 bun]`: the test suite on every supported line of Node, and the smoke suite on these,
 * Bun and Deno. `--smoke`: only the smoke suite. What cannot be had is named and skipped.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { obtainRuntime, runtimes } from './obtain-runtime.mjs'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'
import { smoke } from './smoke.mjs'

const MINUTES = 15

/** The test suite by ava. */
function suite(path, args) {
  const options = { cwd: root, encoding: 'utf8', timeout: MINUTES * 60_000, killSignal: 'SIGKILL', maxBuffer: 2 ** 28 }
  const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs')
  const { status, stdout, stderr } = spawnSync(path, [ava, ...args], options)
  const count = (pattern) => [...stdout.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0)
  const passed = count(/^\s*(\d+) tests? passed/gm)
  const failed = count(
    /^\s*(\d+) (?:tests? failed|tests? remained pending|uncaught exceptions?|unhandled rejections?)/gm,
  )
  if (status === 0) return { passed, failed, skipped: [] }
  process.stderr.write(`${stdout.replace(/^ +✔.*\n/gm, '')}${stderr}`)
  return { passed, failed: Math.max(failed, 1), skipped: [] }
}

const isSmokeOnly = process.argv.includes('--smoke')
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const isWanted = ({ name, version }) =>
  wanted.length === 0 ||
  wanted.some((want) => `${name}@${version}` === want || `${name}@${version}`.startsWith(`${want}.`) || name === want)

setUp()
const total = { passed: 0, failed: 0 }
const skipped = []
for (const runtime of runtimes.filter(isWanted)) {
  const label = `${runtime.name} ${runtime.version}`
  const { path, why } = obtainRuntime(runtime)
  if (path === undefined) {
    skipped.push(`${label}: ${why}`)
    continue
  }
  const suites = { smoke: () => smoke([path, ...runtime.flags], { quiet: true }) }
  if (!isSmokeOnly && runtime.name === 'node') suites.tests = () => suite(path, [])
  for (const [kind, run] of Object.entries(suites)) {
    const start = performance.now()
    const counts = run()
    const seconds = ((performance.now() - start) / 1_000).toFixed(1)
    console.log(`${label}, ${kind}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`)
    skipped.push(...counts.skipped.map((what) => `${label}: ${what}`))
    total.passed += counts.passed
    total.failed += counts.failed
  }
}
for (const what of skipped) console.log(`skipped on ${what}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
