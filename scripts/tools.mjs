/** Tools and fixtures that `npm ci` should not have to install: exact versions, in `.tools/`, when first needed. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

/** Installs what the package.json of a folder names, and `packages` (`name@version`) beside; gives what went wrong. */
export function install(folder, ...packages) {
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--fetch-retries=1',
    '--loglevel=error',
    ...packages,
  ]
  const { status, stderr, error } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  return status === 0 ? undefined : (error?.message ?? stderr)
}

/** Installs `packages` (name to version) together; gives their `node_modules`. */
export function obtain(name, packages) {
  const folder = join(root, '.tools', name)
  const manifest = `${JSON.stringify({ private: true, dependencies: packages }, null, 2)}\n`
  const stamp = join(folder, 'installed')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== manifest) {
    console.error(`installing ${Object.keys(packages).join(', ')} …`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), manifest)
    const problem = install(folder)
    if (problem !== undefined) throw new Error(`npm install: ${problem}`)
    writeFileSync(stamp, manifest)
  }
  return join(folder, 'node_modules')
}
