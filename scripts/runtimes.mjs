/**
 * `npm run test:runtimes [-- --smoke] [-- node@22 bun]`: the test suite on every supported line of Node, and the smoke suite on these,
 * Bun and Deno. `--smoke`: only the smoke suite. The binaries come from the npm packages `node`, `bun` and `deno` and stay in
 * `.runtimes/`. What cannot be had is named and skipped.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'
import { smoke } from './smoke.mjs'

const exe = process.platform === 'win32' ? '.exe' : ''
const MINUTES = 15

/** `binary`: where its package has it. `flags`: what comes before the name of a script. */
const node = (version) => ({ name: 'node', version, binary: `node/bin/node${exe}`, flags: [] })
const runtimes = [
  node('20.20.2'),
  node('22.23.3'),
  node('24.21.0'),
  node('26.10.0'),
  { name: 'bun', version: '1.4.5', binary: 'bun/bin/bun.exe', flags: [] },
  { name: 'deno', version: '2.9.6', binary: `deno/deno${exe}`, flags: ['run', '--allow-all'] },
]

/** Where the runtime is, or why it cannot be had. */
function obtain({ name, version, binary }) {
  if (name === 'node' && version === process.versions.node) return { path: process.execPath }
  const folder = join(root, '.runtimes', `${name}-${version}`)
  const path = join(folder, 'node_modules', binary)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', `${name}@${version}`]
    const { status, stderr, error } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' })
    if (status !== 0 || !existsSync(path)) {
      rmSync(folder, { recursive: true, force: true })
      const lines = (error?.message ?? stderr).trim().split('\n')
      return { why: lines.find((line) => line.startsWith('npm error')) ?? lines[0] ?? 'its package has no binary' }
    }
  }
  const { status, stderr, error } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return status === 0 ? { path } : { why: `it does not start here: ${error?.message ?? stderr.trim()}` }
}

/** The test suite by ava. */
function suite(path, args) {
  const options = { cwd: root, encoding: 'utf8', timeout: MINUTES * 60_000, killSignal: 'SIGKILL', maxBuffer: 2 ** 28 }
  const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs')
  const { status, stdout, stderr } = spawnSync(path, [ava, ...args], options)
  const count = (pattern) => [...stdout.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0)
  const passed = count(/^\s*(\d+) tests? passed/gm)
  const failed = count(/^\s*(\d+) (?:tests? failed|tests? remained pending|uncaught exceptions?|unhandled rejections?)/gm)
  if (status === 0) return { passed, failed, skipped: [] }
  process.stderr.write(`${stdout.replace(/^ +✔.*\n/gm, '')}${stderr}`)
  return { passed, failed: Math.max(failed, 1), skipped: [] }
}

const isSmokeOnly = process.argv.includes('--smoke')
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const isWanted = ({ name, version }) =>
  wanted.length === 0 || wanted.some((want) => `${name}@${version}` === want || `${name}@${version}`.startsWith(`${want}.`) || name === want)

setUp()
const total = { passed: 0, failed: 0 }
const skipped = []
for (const runtime of runtimes.filter(isWanted)) {
  const label = `${runtime.name} ${runtime.version}`
  const { path, why } = obtain(runtime)
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
