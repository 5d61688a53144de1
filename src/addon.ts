/** Finds the native addon: in a checkout what was built there, else the package of this platform. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Not every environment has it as a global. */
const process = require('node:process') as NodeJS.Process

export type Addon = typeof import('#binding/index.js')

/** Literal, so that tools which follow `require.resolve` see the packages. */
const packages: Readonly<Record<string, () => string>> = {
  'darwin-arm64': () => require.resolve('workpool-darwin-arm64'),
  'darwin-x64': () => require.resolve('workpool-darwin-x64'),
  'linux-arm64-gnu': () => require.resolve('workpool-linux-arm64-gnu'),
  'linux-arm64-musl': () => require.resolve('workpool-linux-arm64-musl'),
  'linux-x64-gnu': () => require.resolve('workpool-linux-x64-gnu'),
  'linux-x64-musl': () => require.resolve('workpool-linux-x64-musl'),
  'win32-arm64-msvc': () => require.resolve('workpool-win32-arm64-msvc'),
  'win32-x64-msvc': () => require.resolve('workpool-win32-x64-msvc'),
}

/** Whether this system's C library seems to be musl. Only for the order: of the two binaries the other one is tried as well. */
function seemsMusl(): boolean {
  try {
    return readFileSync('/usr/bin/ldd', 'latin1').includes('musl')
  } catch {
    return false
  }
}

function tuples(): readonly string[] {
  const { platform, arch } = process
  const abis = platform === 'linux' ? (seemsMusl() ? ['-musl', '-gnu'] : ['-gnu', '-musl']) : [platform === 'win32' ? '-msvc' : '']
  return abis.map((abi) => `${platform}-${arch}${abi}`).filter((tuple) => packages[tuple] !== undefined)
}

/** Not by `require`, whose cache would give the same share of the addon to code that is loaded twice: test runners do so, and bundles. */
function open(file: string): Addon {
  const module = { exports: {} }
  process.dlopen(module, file)
  return module.exports as Addon
}

function load(): Addon {
  const tried: [what: string, error: unknown][] = []
  for (const tuple of tuples()) {
    const built = join(__dirname, '..', 'binding', `workpool.${tuple}.node`)
    const places: [what: string, find: () => string][] = [[`workpool-${tuple}`, packages[tuple]!]]
    if (existsSync(built)) places.unshift([built, () => built])
    for (const [what, find] of places) {
      try {
        return open(find())
      } catch (error) {
        tried.push([what, error])
      }
    }
  }
  throw notLoaded(tried)
}

/** Node and Bun say `MODULE_NOT_FOUND`, Deno `ENOENT` of a file. */
const isMissing = (error: unknown): boolean => /NOT_FOUND|ENOENT/.test(String((error as { code?: unknown } | null)?.code))

function notLoaded(tried: readonly [string, unknown][]): Error {
  const { platform, arch, versions } = process
  const { release } = require('node:os') as typeof import('node:os')
  const lines = tried.map(([what, error]) => `  ${what}: ${isMissing(error) ? 'not there' : String((error as Error)?.message ?? error)}`)
  const found = tried.find(([, error]) => !isMissing(error))
  const hint =
    lines.length === 0
      ? `There are binaries for ${Object.keys(packages).join(', ')}.`
      : found !== undefined
        ? 'The binary is there, but the system refuses it.'
        : 'Install the dependencies on the platform that runs them, optional ones included (no --omit=optional).'
  const system = `${platform}-${arch} (${platform} ${release()}, Node ${versions.node})`
  const message = [`workpool has no native addon for ${system}`, ...lines, hint].join('\n')
  const error = found === undefined ? new Error(message) : new Error(message, { cause: found[1] })
  return Object.assign(error, { code: 'ERR_POOL_ADDON' })
}

export const addon = load()
