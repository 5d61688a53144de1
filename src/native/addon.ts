/** Finds the native addon: the one that was built in the checkout, or else the one in the package of this platform. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'

import { process } from '../base/intrinsics.js'
import { LEAVE_EXTERNAL, isBundled } from './bundled.js'

export type Addon = typeof import('#binding/index.js')

/**
 * Whether the package of a platform is in its usual place. The paths are literal and are asked for, so that tools which
 * copy what a program needs see them. `require.resolve` is not used, because bundlers would follow it, and fail at
 * packages that are not there.
 */
const IS_BESIDE: Readonly<Record<string, () => boolean>> = {
  'darwin-arm64': () => existsSync(join(__dirname, '../../workpool-darwin-arm64/workpool.darwin-arm64.node')),
  'darwin-x64': () => existsSync(join(__dirname, '../../workpool-darwin-x64/workpool.darwin-x64.node')),
  'linux-arm64-gnu': () => existsSync(join(__dirname, '../../workpool-linux-arm64-gnu/workpool.linux-arm64-gnu.node')),
  'linux-arm64-musl': () =>
    existsSync(join(__dirname, '../../workpool-linux-arm64-musl/workpool.linux-arm64-musl.node')),
  'linux-x64-gnu': () => existsSync(join(__dirname, '../../workpool-linux-x64-gnu/workpool.linux-x64-gnu.node')),
  'linux-x64-musl': () => existsSync(join(__dirname, '../../workpool-linux-x64-musl/workpool.linux-x64-musl.node')),
  'win32-arm64-msvc': () =>
    existsSync(join(__dirname, '../../workpool-win32-arm64-msvc/workpool.win32-arm64-msvc.node')),
  'win32-x64-msvc': () => existsSync(join(__dirname, '../../workpool-win32-x64-msvc/workpool.win32-x64-msvc.node')),
}

/** The folder of this package. It is one level above the published code, and further up from the sources. */
function packageFolder(): string {
  let folder = join(__dirname, '..')
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

/** Does the same as `require.resolve`, but bundlers do not see it. */
const resolve = (name: string): string => {
  const { createRequire } = require('node:module') as typeof import('node:module')
  return createRequire(__filename).resolve(name)
}

/**
 * Whether the C library of this system seems to be musl. It decides only which binary is tried first; the other one is
 * tried as well.
 */
function seemsMusl(): boolean {
  try {
    return readFileSync('/usr/bin/ldd', 'latin1').includes('musl')
  } catch {
    return false
  }
}

/** The file of a binary that was built in a checkout. */
const builtFile = (folder: string, tuple: string): string => join(folder, 'binding', `workpool.${tuple}.node`)

/** The binaries that this system may be able to open, the likeliest first. */
function tuples(folder: string): readonly string[] {
  const { platform, arch } = process
  const of = (abi: string): string => `${platform}-${arch}${abi}`
  if (platform !== 'linux') return [of(platform === 'win32' ? '-msvc' : '')].filter(isSupported)
  const both = [of('-gnu'), of('-musl')].filter(isSupported)
  const isThere = (tuple: string): boolean => existsSync(builtFile(folder, tuple)) || IS_BESIDE[tuple]!()
  const [first = false, second = false] = both.map(isThere)
  // As a rule one of them is installed. To find out which one this system needs takes longer than to look for them.
  const isSwapped = first === second ? seemsMusl() : second
  return isSwapped ? both.reverse() : both
}

const isSupported = (tuple: string): boolean => IS_BESIDE[tuple] !== undefined

/**
 * `require` is not used: its cache would give the same share of the addon to code that is loaded twice, as test runners
 * and bundles do.
 */
function open(file: string): Addon {
  const module = { exports: {} }
  process.dlopen(module, file)
  return module.exports as Addon
}

/** An installed copy of this package. */
interface Copy {
  /** The file of the copy's addon, and one file of its code. */
  readonly addon: string
  readonly code: string
}

/**
 * Where an isolate finds the copies that have been loaded by it, or by the isolates from which it descends. They are
 * kept as text: an object would keep alive the realm that has made it.
 */
const COPIES = 'workpool.copies'

function copies(): readonly Copy[] {
  const known = getEnvironmentData(COPIES) as unknown
  return typeof known === 'string' ? (JSON.parse(known) as Copy[]) : []
}

function isSameFile(one: string, other: string): boolean {
  try {
    return statSync(one).size === statSync(other).size && readFileSync(one).equals(readFileSync(other))
  } catch {
    return false
  }
}

/**
 * The addon to open instead of this one: the one of a copy of the very same version, if the process has such a copy. A
 * binary at another path is another core, with shared pools of its own. Nobody has tried how the code of one version
 * works with the core of another.
 */
function common(addon: string): string {
  if (copies().some((copy) => copy.addon === addon)) return addon
  const twin = copies().find((copy) => isSameFile(copy.addon, addon) && isSameFile(copy.code, __filename))
  return twin?.addon ?? addon
}

function load(): { addon: Addon; file: string } {
  const tried: [what: string, error: unknown][] = []
  const known = copies().find(({ code }) => code === __filename)
  if (known !== undefined) {
    // A thread opens what its owner has found.
    try {
      return { addon: open(known.addon), file: known.addon }
    } catch (error) {
      tried.push([known.addon, error])
    }
  }
  const folder = packageFolder()
  for (const tuple of tuples(folder)) {
    const built = builtFile(folder, tuple)
    const name = `workpool-${tuple}`
    const places: [what: string, find: () => string][] = []
    if (existsSync(built)) places.push([built, () => built])
    places.push([
      name,
      () => (IS_BESIDE[tuple]!() ? join(folder, '..', name, `workpool.${tuple}.node`) : resolve(name)),
    ])
    for (const [what, find] of places) {
      try {
        const file = common(find())
        return { addon: open(file), file }
      } catch (error) {
        tried.push([what, error])
      }
    }
  }
  throw notLoaded(tried)
}

/** Node and Bun say `MODULE_NOT_FOUND`, Deno `ENOENT` of a file. */
const isMissing = (error: unknown): boolean =>
  /NOT_FOUND|ENOENT/.test(String((error as { code?: unknown } | null)?.code))

function notLoaded(tried: readonly [string, unknown][]): Error {
  const { platform, arch, versions } = process
  const { release } = require('node:os') as typeof import('node:os')
  const lines = tried.map(
    ([what, error]) => `  ${what}: ${isMissing(error) ? 'not there' : String((error as Error)?.message ?? error)}`,
  )
  const found = tried.find(([, error]) => !isMissing(error))
  const hint =
    lines.length === 0
      ? `There are binaries for ${Object.keys(IS_BESIDE).join(', ')}.`
      : found !== undefined
        ? 'The binary is there, but the system refuses it.'
        : isBundled()
          ? `The code of workpool is part of a bundle, from where it does not find the binary. ${LEAVE_EXTERNAL}`
          : 'Install the dependencies on the platform that runs them, optional ones included (no --omit=optional).'
  const system = `${platform}-${arch} (${platform} ${release()}, Node ${versions.node})`
  const message = [`workpool has no native addon for ${system}`, ...lines, hint].join('\n')
  const error = found === undefined ? new Error(message) : new Error(message, { cause: found[1] })
  return Object.assign(error, { code: 'ERR_POOL_ADDON' })
}

const loaded = load()
if (!copies().some(({ addon }) => addon === loaded.file)) {
  setEnvironmentData(COPIES, JSON.stringify([...copies(), { addon: loaded.file, code: __filename }] satisfies Copy[]))
}

/** The file that this copy has opened: it names the core. */
export const addonFile = loaded.file
export const { addon } = loaded

/**
 * The other cores of the process that have a shared pool of this name, by the files of their addons. Cores that only
 * other isolates know are not asked.
 */
export function othersWith(name: string, isOfThreads: boolean): string[] {
  const others = copies().filter((copy) => copy.addon !== addonFile)
  return others.map((copy) => copy.addon).filter((file) => asked(file)?.hasShared?.(name, isOfThreads) === true)
}

/** Cores that have been asked before. */
const asks = new Map<string, Partial<Addon> | undefined>()

function asked(file: string): Partial<Addon> | undefined {
  if (!asks.has(file)) {
    let other: Addon | undefined
    try {
      other = open(file)
    } catch {
      // The addon is gone by now, or cannot be loaded into this isolate.
    }
    asks.set(file, other)
  }
  return asks.get(file)
}
