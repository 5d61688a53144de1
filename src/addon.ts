/** Finds the native addon: in a checkout what was built there, else the package of this platform. */
import { readFileSync } from 'node:fs'
import { release } from 'node:os'

export type Addon = typeof import('#binding/index.js')

/** Literal, so that tools which follow `require` see the packages. */
const packages: Readonly<Record<string, () => unknown>> = {
  'darwin-arm64': () => require('workpool-darwin-arm64'),
  'darwin-x64': () => require('workpool-darwin-x64'),
  'linux-arm64-gnu': () => require('workpool-linux-arm64-gnu'),
  'linux-arm64-musl': () => require('workpool-linux-arm64-musl'),
  'linux-x64-gnu': () => require('workpool-linux-x64-gnu'),
  'linux-x64-musl': () => require('workpool-linux-x64-musl'),
  'win32-arm64-msvc': () => require('workpool-win32-arm64-msvc'),
  'win32-x64-msvc': () => require('workpool-win32-x64-msvc'),
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

function load(): Addon {
  const tried: [what: string, error: unknown][] = []
  const attempt = (what: string, get: () => unknown): Addon | undefined => {
    try {
      return get() as Addon
    } catch (error) {
      tried.push([what, error])
      return undefined
    }
  }
  for (const tuple of tuples()) {
    const file = `#binding/workpool.${tuple}.node`
    const addon = attempt(file, () => require(file)) ?? attempt(`workpool-${tuple}`, packages[tuple]!)
    if (addon !== undefined) return addon
  }
  throw notLoaded(tried)
}

/** Node and Bun say `MODULE_NOT_FOUND`, Deno `ENOENT` of a file. */
const isMissing = (error: unknown): boolean => /NOT_FOUND|ENOENT/.test(String((error as { code?: unknown } | null)?.code))

function notLoaded(tried: readonly [string, unknown][]): Error {
  const { platform, arch, versions } = process
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
