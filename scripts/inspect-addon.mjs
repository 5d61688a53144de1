/**
 * `node scripts/inspect-addon.mjs <file> <triple>`: whether a binary runs where it promises to. What it needs of the C library is read from
 * its own strings, so that this works for any platform on any machine.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { targetOf } from './targets.mjs'

/** Most bytes of a binary: what it has with observation, and a tenth. A dependency that comes in by mistake is more. */
const BUDGET = 1_400_000
const GLIBC = [2, 17]

const MAGIC = { linux: [0x7f, 0x45, 0x4c, 0x46], darwin: [0xcf, 0xfa, 0xed, 0xfe], win32: [0x4d, 0x5a] }
const MACHINES = { x64: 62, arm64: 183 }

const LOADER = `#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **arguments) {
  void *addon = dlopen(arguments[1], RTLD_NOW);
  if (addon == NULL) return puts(dlerror()), 1;
  return dlsym(addon, "napi_register_module_v1") == NULL;
}
`

/** Loads it in a program that has musl for its C library: what went wrong, or `undefined` if nothing did or there is no musl here. */
function loadOnMusl(path) {
  if (spawnSync('musl-gcc', ['--version']).status !== 0) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'workpool-musl-'))
  try {
    writeFileSync(join(folder, 'loader.c'), LOADER)
    const { status, stderr } = spawnSync('musl-gcc', ['-o', 'loader', 'loader.c'], { cwd: folder, encoding: 'utf8' })
    if (status !== 0) return `musl-gcc: ${stderr}`
    const loaded = spawnSync('./loader', [resolve(path)], { cwd: folder, encoding: 'utf8' })
    if (loaded.status === 0) console.log('loads on musl')
    return loaded.status === 0 ? undefined : `on musl: ${loaded.stdout}${loaded.signal ?? ''}`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Prints what it found and throws if the binary is not fit to be published. */
export function inspect(path, target, { plain = false } = {}) {
  const bytes = readFileSync(path)
  const problems = []
  if (!MAGIC[target.os].every((byte, at) => bytes[at] === byte)) problems.push(`no binary of ${target.os}`)
  if (target.os === 'linux') {
    if (bytes.readUInt16LE(18) !== MACHINES[target.cpu]) problems.push(`not for ${target.cpu}`)
    const text = bytes.toString('latin1')
    const versions = [...text.matchAll(/\bGLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [
      Number(major),
      Number(minor),
    ])
    versions.sort((a, b) => a[0] - b[0] || a[1] - b[1])
    const newest = versions.at(-1)
    if (target.libc === 'glibc') {
      console.log(`needs glibc ${newest?.join('.') ?? 'of any version'}`)
      const isTooNew = newest !== undefined && (newest[0] > GLIBC[0] || newest[1] > GLIBC[1])
      if (isTooNew && !plain) problems.push(`needs a newer glibc than ${GLIBC.join('.')}`)
    } else {
      if (newest !== undefined) problems.push('needs glibc')
      if (target.cpu === process.arch) problems.push(loadOnMusl(path))
    }
    if (text.includes('libgcc_s.so') && !plain) problems.push('needs libgcc, which not every system has')
  }
  console.log(`${target.file}: ${bytes.length} bytes`)
  if (bytes.length > BUDGET) problems.push(`more than ${BUDGET} bytes`)
  const found = problems.filter((problem) => problem !== undefined)
  if (found.length > 0) throw new Error(`${path}: ${found.join('; ')}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) inspect(process.argv[2], targetOf(process.argv[3]))
