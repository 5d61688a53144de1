/**
 * `npm run test:runners [-- jest-leaks vitest]`: the package, as it is published, under real test runners: Jest (node and jsdom, fake timers,
 * `--detectLeaks`, `--detectOpenHandles`), Vitest, and the fake timers of sinon and of node:test.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptyFolder, packMain, packPlatform } from './pack.mjs'
import { install } from './pack-test.mjs'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'
import { host } from './targets.mjs'
import { obtain } from './tools.mjs'

const SECONDS = 120

setUp()
const tools = obtain('runners', {
  jest: '30.5.2',
  'jest-environment-jsdom': '30.5.2',
  sinon: '22.1.0',
  vitest: '4.1.12',
})

/** Runs Node in a folder; gives what it has printed, and its code. */
function node(folder, args) {
  const env = { ...process.env, NODE_OPTIONS: '', CI: 'true', NO_COLOR: '1' }
  const options = {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: SECONDS * 1_000,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 28,
  }
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, options)
  return { code: status ?? signal, stdout, stderr }
}

/** What a run with the JSON report of Jest says; Vitest's is the same. */
function fromReport(file, { code, stdout, stderr }, problem) {
  const found = { passed: [], failed: [] }
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { ...found, failed: [`ended with ${code}\n${stdout}${stderr}`] }
  }
  for (const { assertionResults, message, status } of report.testResults) {
    for (const { fullName, status: how, failureMessages } of assertionResults) {
      if (how === 'passed') found.passed.push(fullName)
      else found.failed.push(`${fullName}: ${how}\n${failureMessages.join('\n')}`)
    }
    // The file itself, as when its environment is not freed.
    if (status === 'failed' && assertionResults.every(({ status: how }) => how === 'passed')) found.failed.push(message)
  }
  const complaint = problem?.(stderr)
  if (complaint !== undefined) found.failed.push(complaint)
  if (code !== 0 && found.failed.length === 0) found.failed.push(`ended with ${code}\n${stderr}`)
  return found
}

function jest(app, file, { env = 'node', config = {}, flags = [], problem } = {}) {
  const report = join(app, 'report.json')
  rmSync(report, { force: true })
  const settings = JSON.stringify({
    rootDir: app,
    testEnvironment: env,
    testMatch: ['**/jest/*.test.cjs'],
    transform: {},
    ...config,
  })
  const args = [
    join(tools, 'jest/bin/jest.js'),
    '--ci',
    '--runInBand',
    '--config',
    settings,
    '--json',
    '--outputFile',
    report,
    ...flags,
  ]
  return fromReport(report, node(app, ['--expose-gc', ...args, '--runTestsByPath', join('jest', file)]), problem)
}

function vitest(app, file) {
  const report = join(app, 'report.json')
  rmSync(report, { force: true })
  const args = [
    join(tools, 'vitest/vitest.mjs'),
    'run',
    '--root',
    app,
    '--reporter=json',
    `--outputFile=${report}`,
    join('vitest', file),
  ]
  return fromReport(report, node(app, args))
}

/** A script of ours, which prints a line per test. */
function script(app, file) {
  const { code, stdout, stderr } = node(app, [join('node', file)])
  const found = { passed: [], failed: [] }
  for (const [, not, title] of stdout.matchAll(/^(not )?ok - (.*)$/gm))
    found[not === undefined ? 'passed' : 'failed'].push(title)
  if (code !== 0 || !stdout.endsWith('done\n')) found.failed.push(`ended with ${code}`)
  if (found.failed.length > 0) console.error(stderr)
  return found
}

const openHandles = (stderr) =>
  /open handle/.test(stderr) ? stderr.slice(stderr.search(/Jest has detected/)) : undefined
const leaks = { flags: ['--detectLeaks'] }

const runs = {
  'jest-node': (app) => jest(app, 'environment.test.cjs'),
  'jest-jsdom': (app) => jest(app, 'environment.test.cjs', { env: 'jsdom' }),
  'jest-fake-timers': (app) => jest(app, 'fake-meanwhile.test.cjs'),
  'jest-fake-timers-jsdom': (app) => jest(app, 'fake-meanwhile.test.cjs', { env: 'jsdom' }),
  'jest-fake-from-the-start': (app) =>
    jest(app, 'fake-from-the-start.test.cjs', { config: { fakeTimers: { enableGlobally: true } } }),
  'jest-fake-from-the-start-jsdom': (app) =>
    jest(app, 'fake-from-the-start.test.cjs', { env: 'jsdom', config: { fakeTimers: { enableGlobally: true } } }),
  'jest-leaks-load': (app) => jest(app, 'leak-load.test.cjs', leaks),
  'jest-leaks-load-jsdom': (app) => jest(app, 'leak-load.test.cjs', { env: 'jsdom', ...leaks }),
  'jest-leaks-closed': (app) => jest(app, 'leak-closed.test.cjs', leaks),
  'jest-leaks-idle': (app) => jest(app, 'leak-idle.test.cjs', leaks),
  'jest-open-handles': (app) =>
    jest(app, 'open-handles.test.cjs', { flags: ['--detectOpenHandles'], problem: openHandles }),
  vitest: (app) => vitest(app, 'suite.test.mjs'),
  'sinon-and-node-test': (app) => script(app, 'timers.mjs'),
}

const wanted = process.argv.slice(2)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'workpool-runners-')))
const counts = { passed: 0, failed: 0 }
try {
  cpSync(join(root, '__test__/runners'), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const tarballs = emptyFolder(join(root, 'target/pack/runners'))
  const target = host()
  const packed = [packMain(tarballs), packPlatform(target, join(root, 'binding', target.file), tarballs)]
  install(
    folder,
    packed.map(({ path }) => path),
    process.env,
  )
  // What the tests import themselves; the runners find their own parts beside them.
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  for (const name of ['sinon', 'vitest', 'jest-environment-jsdom'])
    symlinkSync(join(tools, name), join(folder, 'node_modules', name), 'junction')
  for (const [name, run] of Object.entries(runs)) {
    if (wanted.length > 0 && !wanted.some((prefix) => name.startsWith(prefix))) continue
    const start = performance.now()
    const { passed, failed } = run(folder)
    for (const title of passed) console.log(`ok ${name}: ${title}`)
    for (const what of failed) console.log(`not ok ${name}: ${what}`)
    const nothing = passed.length + failed.length === 0
    if (nothing) console.log(`not ok ${name}: no test has run`)
    const seconds = ((performance.now() - start) / 1_000).toFixed(1)
    console.log(`── ${name}: ${passed.length} passed, ${failed.length + (nothing ? 1 : 0)} failed, ${seconds} s`)
    counts.passed += passed.length
    counts.failed += failed.length + (nothing ? 1 : 0)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 ? 0 : 1
