/**
 * `npm run fuzz [-- --seconds 60 --seed 1]`: bytes that no encoder has made, to everything that reads bytes of another isolate. Each has to give
 * a value or a clear error, soon and without more memory than the bytes are worth. Without a seed it tries others each time.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'

/** Longer than the seconds asked for: to begin, and for the round that is under way. */
const MORE_SECONDS = 60

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
  },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed)
if (!(seconds > 0) || !Number.isSafeInteger(seed)) throw new Error('--seconds is a number above 0, --seed an integer')

setUp()
const { status, signal, stdout, stderr } = spawnSync(
  process.execPath,
  ['--import=tsx', '__test__/fixtures/fuzz.ts', String(seconds), String(seed)],
  { cwd: root, encoding: 'utf8', timeout: (seconds + MORE_SECONDS) * 1_000, killSignal: 'SIGKILL' },
)
const lines = stdout.trimEnd().split('\n')
if (status === 0) {
  console.log(lines.filter((line) => line.endsWith(' tried')).join('\n'))
} else {
  process.stderr.write(stderr)
  console.error(`ended with ${status ?? signal} at ${lines.at(-1)}`)
  process.exitCode = 1
}
