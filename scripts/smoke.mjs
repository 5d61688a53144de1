/**
 * `npm run smoke`: the suite that runs on every runtime, here on this Node. Other scripts run it on other runtimes and against
 * packages.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './run.mjs'

const MINUTES = 3
const suites = ['pools', 'threads', 'errors', 'exit', 'teardown']

/** Runs the smoke suite by `command`; gives the counts and what was skipped. `folder` is where its files are. */
export function smoke(command, { folder = join(root, '__test__/smoke'), quiet = false } = {}) {
  const counts = { passed: 0, failed: 0, skipped: [] }
  for (const suite of suites) {
    const [file, ...args] = command
    const options = {
      cwd: folder,
      encoding: 'utf8',
      timeout: MINUTES * 60_000,
      killSignal: 'SIGKILL',
      maxBuffer: 2 ** 26,
    }
    const { stdout, stderr, status, signal, error } = spawnSync(file, [...args, join(folder, `${suite}.mjs`)], options)
    const lines = (word) => [...(stdout ?? '').matchAll(new RegExp(`^${word} (.*)$`, 'gm'))].map((match) => match[1])
    counts.passed += lines('ok').length
    counts.skipped.push(...lines('skipped'))
    const failures = lines('not ok')
    // A suite that ends before its end has failed all the same.
    if (status !== 0 && failures.length === 0)
      failures.push(`${suite}: ${error?.message ?? `ended with ${status ?? signal}`}`)
    counts.failed += failures.length
    if (failures.length > 0) process.stderr.write(`${stdout}${stderr}`)
    for (const failure of failures) console.log(`not ok ${failure}`)
  }
  if (!quiet) for (const what of counts.skipped) console.log(`skipped ${what}`)
  return counts
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { setUp } = await import('./setup.mjs')
  setUp()
  const { passed, failed } = smoke([process.execPath])
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
