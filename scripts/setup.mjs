/**
 * What a fresh clone needs before anything else, and nothing of it twice: dependencies, the native addon, TypeScript.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, runTool } from './run.mjs'

const NODE = [20, 19]

function requireTools() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    console.error(`workpool needs Node ${NODE.join('.')} or later; this is ${process.version}`)
    process.exit(1)
  }
  if (spawnSync('cargo', ['--version']).status !== 0) {
    console.error('workpool builds its core with Rust: install a stable toolchain from https://rustup.rs')
    process.exit(1)
  }
}

/** `npm ci`, unless `node_modules` was made from this very lock file. */
function installDependencies() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const stamp = join(root, 'node_modules/.workpool-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('installing dependencies …')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { shell: process.platform === 'win32' })
  writeFileSync(stamp, lock)
}

/** What the addon is made of. */
const addonSources = ['crate', 'Cargo.toml', 'Cargo.lock', 'package.json', 'package-lock.json']

const modified = (file) => statSync(join(root, file)).mtimeMs

/**
 * Whether the addon is newer than all it is made of. Cargo would find out, too, but the napi tool has it build everything
 * twice: for its first build it sets a variable that the build script depends on, for the second one it does not.
 */
function isAddonCurrent() {
  if (!existsSync(join(root, 'binding/index.d.ts'))) return false
  const files = addonSources.flatMap((source) =>
    statSync(join(root, source)).isDirectory()
      ? readdirSync(join(root, source), { recursive: true }).map((file) => join(source, file))
      : [source],
  )
  return Math.max(...files.map(modified)) < modified('binding/index.d.ts')
}

function buildAddon() {
  if (isAddonCurrent()) return
  const args = ['build', '--release', '--platform', '--manifest-path', 'crate/node/Cargo.toml']
  const output = ['--output-dir', 'binding', '--no-js', '--dts', 'index.d.ts', '--package-json-path', 'package.json']
  runTool('@napi-rs/cli/dist/cli.js', [...args, ...output])
}

/** What tsc made of a file that has moved since would still be loaded, by tests among others. */
function removeOrphans() {
  const folder = join(root, 'target/js/src')
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder, { recursive: true })) {
    const source = file.match(/^(.+?)(\.d\.ts|\.js)$/)?.[1]
    if (source !== undefined && !existsSync(join(root, 'src', `${source}.ts`))) rmSync(join(folder, file))
  }
}

export function setUp() {
  requireTools()
  installDependencies()
  buildAddon()
  removeOrphans()
  runTool('typescript/bin/tsc', ['-p', 'tsconfig.json'])
  run(process.execPath, ['scripts/bundle.mjs'])
  run(process.execPath, ['scripts/console-files.mjs'])
}
