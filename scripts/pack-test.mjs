/**
 * `node scripts/pack-test.mjs [--smoke] [--examples[=docs/threads]]`: installs the tarballs of `artifacts/` into an empty folder, without a
 * compiler in the PATH, and tries them out there: every example of README, of `docs/` and of the comments, and the smoke suite. `--smoke`: only the
 * smoke suite, which needs nothing of `node_modules`. `--examples`: only the examples, or only those of some pages.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileComments, tryOutPages } from './examples.mjs'
import { root } from './run.mjs'
import { smoke } from './smoke.mjs'
import { host, manifest } from './targets.mjs'

/** Node, npm and the shell, and nothing that could compile. */
function bareEnvironment(folder) {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  if (process.platform !== 'win32') {
    for (const tool of ['sh', 'env'])
      symlinkSync(join('/', process.platform === 'linux' || tool === 'sh' ? 'bin' : 'usr/bin', tool), join(bin, tool))
    symlinkSync(process.execPath, join(bin, 'node'))
  }
  const path = process.platform === 'win32' ? [dirname(process.execPath), process.env.SystemRoot + '\\System32'] : [bin]
  const env = { ...process.env, PATH: path.join(delimiter) }
  for (const name of Object.keys(env)) if (/^(npm_|cargo|rustup|path$)/i.test(name) && name !== 'PATH') delete env[name]
  return env
}

function npm() {
  const guess = join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')
  const found = [
    process.env.npm_execpath,
    guess,
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
  ]
  for (const path of found) {
    if (path !== undefined && spawnSync(process.execPath, [path, '--version']).status === 0) return path
  }
  throw new Error('npm was not found')
}

/** Installs tarballs in a folder that has a package.json. */
export function install(folder, tarballs, env) {
  const args = ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs]
  const { status, stderr, stdout } = spawnSync(process.execPath, [npm(), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`npm install: ${stdout}${stderr}`)
}

export function testPackages(tarballFolder, { isSmokeOnly = false, examples } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'workpool-packages-'))
  const counts = { passed: 0, failed: 0 }
  try {
    const { packageName } = host()
    const wanted = [manifest.name, packageName].map((name) => `${name}-${manifest.version}.tgz`)
    const present = readdirSync(tarballFolder)
    const missing = wanted.filter((file) => !present.includes(file))
    if (missing.length > 0) throw new Error(`${missing.join(', ')} not in ${tarballFolder}`)
    const env = bareEnvironment(folder)
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    install(
      folder,
      wanted.map((file) => join(tarballFolder, file)),
      env,
    )
    const add = ({ passed, failed }) => {
      counts.passed += passed
      counts.failed += failed
    }
    if (!isSmokeOnly) {
      add(tryOutPages(folder, env, examples))
      add(compileComments(folder, env))
    }
    if (examples !== undefined) return
    cpSync(join(root, '__test__/smoke'), join(folder, 'smoke'), { recursive: true })
    add(smoke([process.execPath], { folder: join(folder, 'smoke') }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
    console.log(`${counts.passed} passed, ${counts.failed} failed`)
    if (counts.failed > 0) process.exitCode = 1
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const examples = process.argv.find((argument) => argument.startsWith('--examples'))
  testPackages(join(root, 'artifacts'), {
    isSmokeOnly: process.argv.includes('--smoke'),
    examples: examples?.replace(/^--examples=?/, ''),
  })
}
