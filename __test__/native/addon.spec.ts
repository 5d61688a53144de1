// How the native addon is found, and what is said if it is not.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import test, { type ExecutionContext } from 'ava'

const { platform, arch } = process

interface Outcome {
  readonly names?: readonly string[]
  readonly message?: string
  readonly code?: string
  readonly cause?: string
}

interface Layout {
  /** Whether the packages of the platforms are beside that of the loader, and not below it. */
  readonly isBeside?: boolean
  /** Whether the loader is without the other files of its package. */
  readonly isBundled?: boolean
}

/** The compiled loader, where the published code is, and what it imports. */
const LOADER = [
  ['native', 'dist', ['addon.js', 'bundled.js']],
  ['base', 'base', ['intrinsics.js', 'socket-timers.js']],
] as const

/** What the loader does in a package of its own, with these packages installed and `before` run first. */
async function load(
  t: ExecutionContext,
  packages: Record<string, string> = {},
  before = '',
  { isBeside = false, isBundled = false }: Layout = {},
): Promise<Outcome> {
  const root = await mkdtemp(join(tmpdir(), 'workpool-addon-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  const main = `${before}
    let outcome
    try {
      outcome = { names: Object.keys(require('./node_modules/workpool/dist/addon.js').addon) }
    } catch (error) {
      outcome = { message: error.message, code: error.code, cause: error.cause?.code }
    }
    console.log(JSON.stringify(outcome))`
  await writeFile(join(root, 'main.js'), main)
  const own = join(root, 'node_modules/workpool')
  for (const [from, to, files] of LOADER) {
    await mkdir(join(own, to), { recursive: true })
    for (const file of files) await copyFile(join('target/js/src', from, file), join(own, to, file))
  }
  await writeFile(join(own, 'package.json'), '{ "name": "workpool" }')
  if (!isBundled) await writeFile(join(own, 'dist/worker.js'), '')
  for (const [name, file] of Object.entries(packages)) {
    const folder = join(isBeside ? root : own, 'node_modules', name)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, main: file }))
    if (existsSync(join('binding', file))) await copyFile(join('binding', file), join(folder, file))
    else await writeFile(join(folder, file), 'no binary')
  }
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'main.js')])
  return JSON.parse(stdout)
}

const as = (platform_: string, arch_: string) =>
  `Object.defineProperty(process, 'platform', { value: '${platform_}' }); Object.defineProperty(process, 'arch', { value: '${arch_}' });`

test('an addon that is not installed: the error names the platform, what was tried and what to do', async (t) => {
  const { message, code, cause } = await load(t)
  t.is(code, 'ERR_POOL_ADDON')
  t.is(cause, undefined)
  t.regex(message!, new RegExp(`^workpool has no native addon for ${platform}-${arch} .*Node ${process.versions.node}`))
  t.regex(message!, new RegExp(`\n  workpool-${platform}-${arch}.*: not there\n`))
  t.regex(message!, /optional ones included/)
})

test('an addon that the system refuses: the error has the reason of the system', async (t) => {
  const abi = platform === 'linux' ? '-gnu' : platform === 'win32' ? '-msvc' : ''
  const name = `workpool-${platform}-${arch}${abi}`
  const { message, cause } = await load(t, { [name]: 'addon.node' })
  t.is(cause, 'ERR_DLOPEN_FAILED')
  t.regex(message!, new RegExp(`\n  ${name}: (?!not there).+`))
  t.regex(message!, /the system refuses it/)
})

test('a platform without a binary is told which have one', async (t) => {
  const { message } = await load(t, {}, as('aix', 'ppc64'))
  t.regex(
    message!,
    /^workpool has no native addon for aix-ppc64 .*\nThere are binaries for darwin-arm64, .*win32-x64-msvc\.$/,
  )
})

for (const [system, arch_, abi] of [
  ['darwin', 'arm64', ''],
  ['darwin', 'x64', ''],
  ['linux', 'arm64', '-gnu'],
  ['linux', 'arm64', '-musl'],
  ['linux', 'x64', '-gnu'],
  ['linux', 'x64', '-musl'],
  ['win32', 'arm64', '-msvc'],
  ['win32', 'x64', '-msvc'],
] as const) {
  const name = `workpool-${system}-${arch_}${abi}`
  test(`${name} is found, below and beside`, async (t) => {
    const below = await load(t, { [name]: 'addon.node' }, as(system, arch_))
    t.regex(below.message!, new RegExp(`\n  ${name}: (?!not there).+`))
    const file = `${name.replace('-', '.')}.node`
    const beside = await load(t, { [name]: file }, as(system, arch_), { isBeside: true })
    t.regex(beside.message ?? `\n  ${name}: loaded`, new RegExp(`\n  ${name}: (?!not there).+`))
  })
}

test('the binary of this platform is loaded from its package', async (t) => {
  const [file] = (await readdir('binding')).filter((name) => name.endsWith('.node'))
  const name = file!.replace('.', '-').replace('.node', '')
  for (const isBeside of [false, true]) {
    const { names } = await load(t, { [name]: file! }, '', { isBeside })
    t.true(names?.includes('isolate'))
  }
})

test('in a bundle from where no addon is found: the error says what to set', async (t) => {
  const { message, code } = await load(t, {}, '', { isBundled: true })
  t.is(code, 'ERR_POOL_ADDON')
  t.regex(message!, /part of a bundle/)
  t.regex(message!, /external: \['workpool'\].*serverExternalPackages: \['workpool'\]/)
})
