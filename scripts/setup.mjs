/**
 * What a fresh clone needs before anything else, and nothing of it twice: dependencies, the native addon, TypeScript.
 * Cargo and the TypeScript compiler find out by themselves what has changed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
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

function buildAddon() {
  const args = ['build', '--release', '--platform', '--manifest-path', 'crate/node/Cargo.toml']
  const output = ['--output-dir', 'binding', '--js', 'index.js', '--dts', 'index.d.ts', '--package-json-path', 'package.json']
  runTool('@napi-rs/cli/dist/cli.js', [...args, ...output])
}

export function setUp() {
  requireTools()
  installDependencies()
  buildAddon()
  runTool('typescript/bin/tsc', ['-p', 'tsconfig.json'])
}
