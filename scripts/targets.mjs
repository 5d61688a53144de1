/** The platforms there are binaries for: `napi.targets` of package.json. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const CPUS = { aarch64: 'arm64', x86_64: 'x64' }

function describe(triple) {
  const [machine, vendor, system, abi] = triple.split('-')
  const cpu = CPUS[machine]
  const os = vendor === 'apple' ? 'darwin' : system === 'windows' ? 'win32' : system
  const tuple = [os, cpu, abi].filter(Boolean).join('-')
  const library = { darwin: 'libworkpool_node.dylib', linux: 'libworkpool_node.so', win32: 'workpool_node.dll' }[os]
  // As npm names it; only Linux has several.
  const libc = os === 'linux' ? { gnu: 'glibc', musl: 'musl' }[abi] : undefined
  return {
    triple,
    tuple,
    os,
    cpu,
    libc,
    library,
    packageName: `${manifest.name}-${tuple}`,
    file: `${manifest.name}.${tuple}.node`,
  }
}

export const targets = manifest.napi.targets.map(describe)

const isMusl = () => process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined

/** That of this machine. */
export function host() {
  const found = targets.find(
    ({ os, cpu, libc }) =>
      os === process.platform && cpu === process.arch && (libc === undefined || (libc === 'musl') === isMusl()),
  )
  if (found === undefined) throw new Error(`there is no target for ${process.platform}-${process.arch}`)
  return found
}

export function targetOf(triple) {
  const found = targets.find((target) => target.triple === triple)
  if (found === undefined) throw new Error(`${triple} is none of ${targets.map((target) => target.triple).join(', ')}`)
  return found
}
