// `file:`: the database in a folder, its lock, and what is left by processes that are killed.
import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'
import { Jobs } from 'workpool/jobs'

import { endingOf } from '../support/child.js'
import { gate } from '../support/gate.js'
import { rejection } from '../support/until.js'

// A database takes its time on a busy machine.
const DEADLINE_MS = 240_000
test.beforeEach((t) => t.timeout(3 * DEADLINE_MS))

const FIXTURE = join(process.cwd(), '__test__', 'fixtures', 'jobs-folder.mjs')

function newFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'workpool-folder-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

let made: string
test.before(async (t) => {
  t.timeout(DEADLINE_MS)
  made = mkdtempSync(join(tmpdir(), 'workpool-folder-'))
  await (await Jobs.open(`file:${made}`)).close()
})
test.after.always(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }))

/** A folder whose database is made already, which takes most of the time. */
function madeFolder(t: ExecutionContext): string {
  const folder = newFolder(t)
  cpSync(join(made, 'data'), join(folder, 'data'), { recursive: true })
  return folder
}

const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [FIXTURE, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })

/** A process that has the folder, with the jobs that it was told are stored. */
async function holder(t: ExecutionContext, where: string, count: number, until = 'ready') {
  const child = start(where, 'hold', String(count))
  t.teardown(() => void child.kill('SIGKILL'))
  const isThere = gate<void>()
  const said: string[] = []
  const ended = gate<void>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    said.push(line)
    if (line === until) isThere.open()
  })
  child.once('exit', () => {
    isThere.fail(new Error(`the process has ended: ${said.join()}`))
    ended.open()
  })
  await isThere.promise
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended.promise
  }
  return { pid: child.pid!, said, kill }
}

/** What a process says that looks into the folder. */
async function look(where: string, what = 'look'): Promise<string> {
  const { stdout, stderr, hung } = await endingOf(start(where, what), DEADLINE_MS, () => {})
  return hung ? `it hangs: ${stderr}` : stdout.trim()
}

const lockOf = (folder: string): string => {
  const names = readdirSync(folder).filter((name) => name.startsWith('lock.'))
  return join(folder, names.toSorted((a, b) => Number(b.slice(5)) - Number(a.slice(5)))[0]!)
}

test.serial('a second process is told which one has the folder, and gets it when that one is killed', async (t) => {
  const where = `file:${madeFolder(t)}`
  const { pid, kill } = await holder(t, where, 3)
  const refusal = await look(where)
  t.regex(refusal, /^ERR_POOL_STORE: the jobs in .* belong to process/)
  t.true(refusal.includes(`process ${pid} on ${hostname()}`), refusal)
  await kill()
  t.is(await look(where), 'waiting 3')
})

test.serial('what was acknowledged is there after kill -9 in the middle of adding', async (t) => {
  const where = `file:${madeFolder(t)}`
  for (let round = 1; round <= 2; round++) {
    // The ids are the same, so each round adds some and finds the others.
    const { said, kill } = await holder(t, where, 1_000, `added ${20 * round}`)
    await kill()
    const acknowledged = said.filter((line) => line.startsWith('added')).length
    const waiting = Number(/^waiting (\d+)$/.exec(await look(where))?.[1])
    t.true(waiting >= acknowledged, `${waiting} of ${acknowledged}`)
  }
})

test.serial('a database whose making was interrupted is made anew', async (t) => {
  const folder = newFolder(t)
  const data = join(folder, 'data')
  mkdirSync(join(data, 'base'), { recursive: true })
  writeFileSync(join(data, 'PG_VERSION'), '18\n')
  t.is(await look(`file:${folder}`), 'waiting 0')
})

test.serial('a closed folder has no holder; queues of one process share its database', async (t) => {
  const folder = madeFolder(t)
  const [one, two] = await Promise.all(['one', 'two'].map((queue) => Jobs.open(`file:${folder}`, { queue })))
  const three = await Jobs.open(pathToFileURL(folder).href as `file:${string}`, { queue: 'one' })
  await one!.add('x', 1, { id: 'shared' })
  await one!.close()
  t.is(await (await three.get('shared'))?.state(), 'waiting')
  t.is(await two!.get('shared'), undefined)
  await Promise.all([two!.close(), three.close()])
  t.is(readFileSync(lockOf(folder), 'utf8'), 'null')
  const again = await Jobs.open(`file:${folder}`, { queue: 'one' })
  t.is(await (await again.get('shared'))?.state(), 'waiting')
  await again.close()
})

test.serial('another thread of the process that has the folder is refused', async (t) => {
  const said = await look(`file:${madeFolder(t)}`, 'thread')
  t.regex(said, /ERR_POOL_STORE: the jobs in .* belong to another thread of this process \(\d+\)/)
  t.regex(said, /waiting 0$/)
})

test.serial(
  'a lock of another system holds while it is touched, and is taken over when it is left alone',
  async (t) => {
    const folder = madeFolder(t)
    const holder = { pid: process.pid, system: 'another container', host: 'elsewhere', since: 'yesterday', nonce: '' }
    const lock = join(folder, 'lock.7')
    writeFileSync(lock, JSON.stringify(holder))
    const touching = setInterval(() => {
      const now = new Date()
      utimesSync(lock, now, now)
    }, 200)
    const refusal = await look(`file:${folder}`)
    clearInterval(touching)
    t.regex(refusal, new RegExp(`^ERR_POOL_STORE: .* belong to process ${process.pid} on elsewhere, since yesterday`))
    t.is(await look(`file:${folder}`), 'waiting 0')
    t.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('lock')),
      ['lock.8'],
    )
  },
)

test.serial('a number of a process that belongs to another one by now is no holder', async (t) => {
  if (!existsSync('/proc/self/stat')) {
    t.pass('this system does not tell when a process started')
    return
  }
  const folder = madeFolder(t)
  const { kill } = await holder(t, `file:${folder}`, 0)
  const lock = lockOf(folder)
  const held = JSON.parse(readFileSync(lock, 'utf8')) as Record<string, unknown>
  await kill()
  writeFileSync(lock, JSON.stringify({ ...held, pid: process.pid }))
  t.is(await look(`file:${folder}`), 'waiting 0')
})

test.serial('several that open one folder at once: one has it, the others are told', async (t) => {
  const where = `file:${madeFolder(t)}`
  const first = await holder(t, where, 1)
  await first.kill()
  // All find a lock that was left. Who is late may find the folder free again.
  const said = await Promise.all([look(where), look(where), look(where)])
  t.true(said.includes('waiting 1'), said.join('\n'))
  for (const one of said) t.regex(one, /^(?:waiting 1|ERR_POOL_STORE: .* belong to process \d+ .*)$/)
})

test.serial('a place that cannot be a folder is named', async (t) => {
  const folder = newFolder(t)
  writeFileSync(join(folder, 'file'), '')
  const error = await rejection(Jobs.open(`file:${folder}/file`))
  t.is((error as { code?: string }).code, 'ERR_POOL_STORE')
  t.true((error as Error).message.includes(join(folder, 'file')))
})

/** What opening says where `@electric-sql/pglite` is what `pglite` writes, or is not there. */
async function lookWith(t: ExecutionContext, pglite?: (folder: string) => void): Promise<string> {
  const folder = newFolder(t)
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'workpool')
  mkdirSync(own, { recursive: true })
  cpSync(join(process.cwd(), 'dist'), join(own, 'dist'), { recursive: true })
  cpSync(join(process.cwd(), 'package.json'), join(own, 'package.json'))
  symlinkSync(join(process.cwd(), 'binding'), join(own, 'binding'), 'junction')
  symlinkSync(join(process.cwd(), 'node_modules', 'bullmq'), join(modules, 'bullmq'), 'junction')
  if (pglite !== undefined) {
    mkdirSync(join(modules, '@electric-sql/pglite/dist'), { recursive: true })
    pglite(join(modules, '@electric-sql/pglite'))
  }
  cpSync(FIXTURE, join(folder, 'look.mjs'))
  const child = spawn(process.execPath, [join(folder, 'look.mjs'), `file:${folder}/jobs`, 'look'])
  return (await endingOf(child, DEADLINE_MS, () => {})).stdout.trim()
}

/** A package of that name and version with these classes. */
const packageWith = (version: string, classes: string) => (folder: string) => {
  const exports = { '.': './dist/index.cjs', './nodefs': './dist/index.cjs' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@electric-sql/pglite', version, exports }))
  writeFileSync(join(folder, 'dist/index.cjs'), classes)
}

test.serial('without PGlite the error says what to install', async (t) => {
  t.regex(await lookWith(t), /^ERR_POOL_PEER: .*npm install bullmq@6 @electric-sql\/pglite@0\.5\.17/)
})

test.serial('another version of PGlite is refused', async (t) => {
  const said = await lookWith(t, packageWith('0.5.16', 'exports.PGlite = exports.NodeFS = class {}'))
  t.regex(said, /^ERR_POOL_STORE: "file:" needs PGlite 0\.5\.17 and has found 0\.5\.16; install it: npm install /)
})

test.serial('a database that does not sync its commits is refused', async (t) => {
  // As PGlite without what `synced-files.ts` adds: it takes every statement, and asks for no sync.
  const classes = `
    exports.NodeFS = class { constructor(folder) { require('node:fs').mkdirSync(folder) } }
    exports.PGlite = class {
      static defaultStartParams = ['-F']
      waitReady = Promise.resolve()
      async exec() { return [{ rows: [] }] }
      async close() {}
    }`
  t.regex(await lookWith(t, packageWith('0.5.17', classes)), /^ERR_POOL_STORE: PGlite does not write commits through/)
})
