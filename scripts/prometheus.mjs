/**
 * `npm run test:prometheus`: the dashboard and the alerts of the documentation, by `promtool` and by a Prometheus that scrapes pools. It needs
 * both programs: `PROMETHEUS` says in which folder they are. On Debian they are taken out of the package `prometheus`, which is not
 * installed, as that would start a service.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'

const PROGRAMS = ['promtool', 'prometheus']
const UNPACKED = join(root, '.tools/prometheus')

const isThere = (file) => spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0

/** The folders in which they may be. */
const candidates = () => [
  ...(process.env.PROMETHEUS === undefined ? [] : [process.env.PROMETHEUS]),
  ...process.env.PATH.split(delimiter),
  join(UNPACKED, 'usr/bin'),
]

function unpack() {
  console.log('unpacking the package prometheus …')
  rmSync(UNPACKED, { recursive: true, force: true })
  mkdirSync(UNPACKED, { recursive: true })
  const run = (command, ...args) => {
    const { status, stderr } = spawnSync(command, args, { cwd: UNPACKED, encoding: 'utf8' })
    if (status !== 0) console.error(stderr)
    return status === 0
  }
  // As no other user than root may write there, root may have to download it itself.
  const download = () => run('apt-get', '-qq', '-o', 'APT::Sandbox::User=root', 'download', 'prometheus')
  const isRoot = process.getuid?.() === 0
  if (!download() && !(isRoot && run('apt-get', '-qq', 'update') && download())) return
  for (const file of readdirSync(UNPACKED).filter((name) => name.endsWith('.deb'))) {
    run('dpkg-deb', '--extract', file, '.')
    rmSync(join(UNPACKED, file))
  }
}

function programs() {
  const find = () => candidates().find((folder) => PROGRAMS.every((name) => isThere(join(folder, name))))
  const found = find()
  if (found !== undefined) return found
  if (['apt-get', 'dpkg-deb'].every(isThere)) unpack()
  const unpacked = find()
  if (unpacked !== undefined) return unpacked
  console.error(
    `${PROGRAMS.join(' and ')} are missing: install them (on Debian: apt-get install prometheus), or say in which folder they are: PROMETHEUS=/path/to`,
  )
  process.exit(1)
}

setUp()
const folder = programs()
const test = join('__test__/prometheus', 'prometheus.server.mjs')
const { status } = spawnSync(process.execPath, ['--import=tsx', '--test', '--test-reporter=spec', test], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PROMETHEUS: folder },
})
process.exitCode = status ?? 1
