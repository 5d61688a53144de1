/** Other runtimes, from the npm packages `node`, `bun` and `deno`. They stay in `.runtimes/`. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'
import { install } from './tools.mjs'

const exe = process.platform === 'win32' ? '.exe' : ''

/** `binary`: where its package has it. `flags`: what comes before the name of a script. */
const node = (version) => ({ name: 'node', version, binary: `node/bin/node${exe}`, flags: [] })
export const runtimes = [
  node('20.20.2'),
  node('22.23.3'),
  node('24.21.0'),
  node('26.10.0'),
  { name: 'bun', version: '1.4.5', binary: 'bun/bin/bun.exe', flags: [] },
  { name: 'deno', version: '2.9.6', binary: `deno/deno${exe}`, flags: ['run', '--allow-all'] },
]

/** Where the runtime is, or why it cannot be had. */
export function obtainRuntime({ name, version, binary }) {
  if (name === 'node' && version === process.versions.node) return { path: process.execPath }
  const folder = join(root, '.runtimes', `${name}-${version}`)
  const path = join(folder, 'node_modules', binary)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const problem = install(folder, `${name}@${version}`)
    if (problem !== undefined || !existsSync(path)) {
      rmSync(folder, { recursive: true, force: true })
      const lines = (problem ?? '').trim().split('\n')
      return { why: lines.find((line) => line.startsWith('npm error')) ?? lines[0] ?? 'its package has no binary' }
    }
  }
  const { status, stderr, error } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return status === 0 ? { path } : { why: `it does not start here: ${error?.message ?? stderr.trim()}` }
}
