/**
 * `npm run test:console [-- --screenshots]`: the page of `workpool/console` in a real browser, behind servers of node:http, Express and
 * Fastify. It needs Chromium: `CHROMIUM` says where it is; on Debian, as root, it is installed if it is missing. `--screenshots` writes those
 * of the documentation anew.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'
import { obtain } from './tools.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

const isThere = (file) => spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0

/** The paths at which it may be. */
const candidates = () => [
  ...(process.env.CHROMIUM === undefined ? [] : [process.env.CHROMIUM]),
  ...process.env.PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name))),
]

function chromium() {
  const find = () => candidates().find((file) => existsSync(file) && isThere(file))
  const found = find()
  if (found !== undefined) return found
  if (process.getuid?.() === 0 && isThere('apt-get')) {
    console.log('installing chromium …')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
      const { status, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' })
      if (status !== 0) console.error(stderr)
    }
  }
  const installed = find()
  if (installed !== undefined) return installed
  console.error(
    'Chromium is missing: install it (on Debian: apt-get install chromium), or say where it is: CHROMIUM=/path/to/chrome',
  )
  process.exit(1)
}

setUp()
const browser = chromium()
const tools = obtain('console', { 'playwright-core': '1.65.1', express: '5.3.0', fastify: '5.12.8' })
const file = process.argv.includes('--screenshots') ? 'screenshots.mjs' : 'page.browser.mjs'
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', join('__test__/console', file)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, CHROMIUM: browser, TOOLS: tools },
})
process.exitCode = status ?? 1
