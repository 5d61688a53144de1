/**
 * The addons that the tests of native jobs use: made of `__test__/addons` with the compiler of the system, against headers from npm. Nothing
 * is built twice.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.mjs'
import { obtain } from './tools.mjs'

let folder = join(root, 'target/fixtures')
const WARNINGS = ['-Wall', '-Wextra', '-Werror']
const LINK = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']
const C = { compiler: process.env.CC ?? 'cc', standard: '-std=gnu11' }
const CPP = { compiler: process.env.CXX ?? 'c++', standard: '-std=c++17' }

/** Whether the addons can be built here. */
export const canBuild = process.platform !== 'win32'

function compile({ compiler, standard }, args) {
  const { status, error } = spawnSync(compiler, [standard, ...args], { cwd: root, stdio: 'inherit' })
  if (error?.code === 'ENOENT') {
    console.error(
      `${compiler} is missing: the fixtures of native jobs need a compiler (on Debian: apt-get install gcc g++)`,
    )
    process.exit(1)
  }
  if (status !== 0) process.exit(status ?? 1)
}

const newest = (paths) =>
  Math.max(
    ...paths.flatMap((path) => {
      const all = statSync(path).isDirectory()
        ? readdirSync(path, { recursive: true }).map((file) => join(path, file))
        : []
      return [path, ...all].map((file) => statSync(file).mtimeMs)
    }),
  )

/** Builds an addon, unless it is newer than all it is made of. */
function addon(name, language, sources, args, made = [join(root, 'include'), ...sources]) {
  const file = join(folder, `${name}.node`)
  if (existsSync(file) && newest(made) < statSync(file).mtimeMs) return file
  compile(language, [...WARNINGS, '-O2', '-g', '-fPIC', ...LINK, ...args, ...sources, '-o', file])
  return file
}

/** The header as a later version of the package would have it. */
function laterHeader() {
  const place = join(folder, 'later')
  mkdirSync(place, { recursive: true })
  const header = readFileSync(join(root, 'include/workpool.h'), 'utf8')
  const later = header.replace('WORKPOOL_ABI_VERSION 1u', 'WORKPOOL_ABI_VERSION 2u')
  if (later === header) throw new Error('include/workpool.h: where is its version?')
  const path = join(place, 'workpool.h')
  if (!existsSync(path) || readFileSync(path, 'utf8') !== later) writeFileSync(path, later)
  return place
}

/** The header alone, by the letter of both languages. */
function compileHeaders(headers) {
  const empty = join(folder, 'empty')
  const strict = [...WARNINGS, '-pedantic', '-fsyntax-only', ...headers, '-I', join(root, 'include')]
  const include = '#include "workpool.h"\n'
  for (const [extension, language] of [
    ['c', { ...C, standard: '-std=c11' }],
    ['cc', CPP],
  ]) {
    writeFileSync(`${empty}.${extension}`, include)
    compile(language, [...strict, `${empty}.${extension}`])
  }
}

function rust() {
  const source = join(root, '__test__/addons/rust')
  const file = join(folder, 'rust.node')
  if (existsSync(file) && newest([source, join(root, 'crate/addon')]) < statSync(file).mtimeMs) return
  const target = join(root, 'target/fixtures/rust')
  run('cargo', ['build', '--quiet', '--manifest-path', join(source, 'Cargo.toml'), '--target-dir', target])
  const library = process.platform === 'darwin' ? 'libworkpool_fixture.dylib' : 'libworkpool_fixture.so'
  copyFileSync(join(target, 'debug', library), file)
}

/** Builds all of them, into `to`. `flags`: for the compilers of C and C++. */
export function buildAddons(flags = [], to = folder) {
  folder = to
  const modules = obtain('addons', { 'node-addon-api': '8.9.2', 'node-api-headers': '1.9.0' })
  const headers = ['-isystem', join(modules, 'node-api-headers/include'), ...flags]
  mkdirSync(folder, { recursive: true })
  compileHeaders(headers)
  const c = [join(root, '__test__/addons/c/jobs.c')]
  addon('c', C, c, [...headers, '-I', join(root, 'include')])
  const later = laterHeader()
  addon('later', C, c, [...headers, '-I', later], [later, ...c])
  const cpp = [join(root, '__test__/addons/cpp/workers.cc')]
  const addonApi = ['-isystem', join(modules, 'node-addon-api'), '-DNAPI_VERSION=9', '-DNODE_ADDON_API_CPP_EXCEPTIONS']
  addon('cpp', CPP, cpp, [...headers, ...addonApi, '-I', join(root, 'include')])
  rust()
}
