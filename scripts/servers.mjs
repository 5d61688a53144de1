/**
 * Real servers for what tests `workpool/jobs`: Redis and PostgreSQL on free ports of the loopback interface, with their data in a temporary
 * folder. They are stopped, killed and started again by their process ids. `REDIS_SERVER` says where `redis-server` is, `POSTGRES_BIN` in
 * which folder `initdb` and `postgres` are; on Debian, as root, what is missing is installed, and no service is started.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const isRoot = process.getuid?.() === 0
/** The longest that a server takes to start or stop, in ms, on a machine that has much else to do. */
const PATIENCE = 60_000

const inPath = (name) =>
  process.env.PATH.split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file))

const findRedis = () => process.env.REDIS_SERVER ?? inPath('redis-server')

function findPostgres() {
  if (process.env.POSTGRES_BIN !== undefined) return process.env.POSTGRES_BIN
  const versions = '/usr/lib/postgresql'
  const folders = existsSync(versions)
    ? readdirSync(versions)
        .toSorted((a, b) => Number(b) - Number(a))
        .map((version) => join(versions, version, 'bin'))
    : []
  const there = [...folders, ...process.env.PATH.split(delimiter)]
  return there.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** Installs packages of Debian without starting their services. */
function aptInstall(name) {
  if (!isRoot || spawnSync('apt-get', ['--version']).status !== 0) return
  console.error(`installing ${name} …`)
  // What this file says is asked before a service is started. 101: it must not be.
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]]) {
      const { status, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' })
      if (status !== 0) console.error(stderr)
    }
  } finally {
    if (isOurs) rmSync(policy)
  }
}

function obtainServer(find, debian, hint) {
  const found = find()
  if (found !== undefined) return found
  aptInstall(debian)
  const installed = find()
  if (installed !== undefined) return installed
  throw new Error(
    `${debian} is missing: install it (on Debian: apt-get install ${debian}), or say where it is: ${hint}`,
  )
}

const obtainRedis = () => obtainServer(findRedis, 'redis-server', 'REDIS_SERVER=/path/to/redis-server')
const obtainPostgres = () => obtainServer(findPostgres, 'postgresql', 'POSTGRES_BIN=/path/to/bin')

/** Why a store cannot be had here, or undefined. What can be installed is. */
export function obstacleOf(store) {
  try {
    if (store === 'redis') obtainRedis()
    if (store === 'postgres') obtainPostgres()
    return undefined
  } catch (error) {
    return error.message
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Whether the server answers `question` on its port. */
const answers = (port, question) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(2_000, () => socket.destroy())
    socket.once('error', () => {})
    socket.once('close', () => resolve(false))
    socket.once('data', (data) => {
      resolve(question.isReady(data))
      socket.destroy()
    })
    socket.write(question.text)
  })

/** One that can be stopped, killed and started again on its port, with its data. */
class Server {
  #child
  #output = ''
  #start
  constructor(url, port, question, start) {
    Object.assign(this, { url, port, question })
    this.#start = start
  }

  get pid() {
    return this.#child?.pid
  }

  async start() {
    for (const until = Date.now() + PATIENCE; ;) {
      const child = (this.#child = this.#start())
      let isOver = false
      child.once('error', (error) => ((isOver = true), (this.#output += error.message)))
      child.once('exit', () => (isOver = true))
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data) => (this.#output = (this.#output + data).slice(-10_000)))
      while (!isOver && Date.now() < until) {
        if (await answers(this.port, this.question)) return
        await pause(50)
      }
      if (Date.now() >= until) {
        await this.#end('SIGKILL')
        throw new Error(`the server does not start:\n${this.#output}`)
      }
      // Children of one that was killed may still hold its memory.
      await pause(200)
    }
  }

  /** In good order. */
  stop() {
    return this.#end(this.question.stop)
  }

  /** As if the power had failed. */
  kill() {
    return this.#end('SIGKILL')
  }

  async outage(ms, how = 'stop') {
    await this[how]()
    await pause(ms)
    await this.start()
  }

  async #end(signal) {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
    await ended
    clearTimeout(late)
  }
}

const REDIS = { text: 'PING\r\n', isReady: (data) => data.toString().startsWith('+PONG'), stop: 'SIGTERM' }
// The first words of a client; `R` is what a server says that takes it, not one that still starts. SIGINT: connections are cut off.
const hello = Buffer.from('\0\0\0\0\0\x03\0\0user\0jobs\0database\0postgres\0\0', 'latin1')
hello.writeInt32BE(hello.length)
const POSTGRES = { text: hello, isReady: (data) => data[0] === 'R'.charCodeAt(0), stop: 'SIGINT' }

/** `strace`, which shows what a process asks of Linux: `true`, or why there is none. */
export function obtainStrace() {
  const works = () =>
    spawnSync('strace', ['-V']).status === 0 && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0
  if (process.platform !== 'linux') return 'strace is a tool of Linux'
  if (!works()) aptInstall('strace')
  return works() || 'strace is missing, or not allowed here (on Debian: apt-get install strace)'
}

/** Redis as it should be for jobs, or with other settings. */
export async function startRedis(folder, settings = { appendonly: 'yes', appendfsync: 'everysec' }) {
  const binary = obtainRedis()
  const port = await freePort()
  const data = mkdtempSync(join(folder, 'redis-'))
  const all = { port, bind: '127.0.0.1', dir: data, save: '', 'maxmemory-policy': 'noeviction', ...settings }
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = new Server(`redis://127.0.0.1:${port}`, port, REDIS, () => spawn(binary, args))
  await server.start()
  return server
}

/** The user as whom PostgreSQL runs where this process is root, which it refuses. */
function otherUser() {
  if (!isRoot) return {}
  for (const name of ['postgres', 'nobody']) {
    const number = (flag) => spawnSync('id', [flag, name], { encoding: 'utf8' })
    const [uid, gid] = [number('-u'), number('-g')]
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody"')
}

export async function startPostgres(folder) {
  const bin = obtainPostgres()
  const port = await freePort()
  const data = mkdtempSync(join(folder, 'postgres-'))
  const user = otherUser()
  if (user.uid !== undefined) {
    chmodSync(folder, 0o755)
    chownSync(data, user.uid, user.gid)
  }
  const options = { ...user, cwd: data, encoding: 'utf8' }
  const init = ['-D', join(data, 'db'), '-U', 'jobs', '--auth=trust', '--encoding=UTF8', '--locale=C']
  const { status, stderr, error } = spawnSync(join(bin, 'initdb'), init, options)
  if (status !== 0) throw new Error(`initdb: ${error?.message ?? stderr}`)
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', max_connections: 200 }
  const args = [
    '-D',
    join(data, 'db'),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const url = `postgres://jobs@127.0.0.1:${port}/postgres`
  const server = new Server(url, port, POSTGRES, () => spawn(join(bin, 'postgres'), args, options))
  await server.start()
  return server
}

/** An empty folder for servers and jobs, and how to remove it. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'workpool-jobs-'))
  mkdirSync(folder, { recursive: true })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) }
}

export const STORES = ['file', 'redis', 'postgres']

/**
 * Starts what a store needs. `where`: what `Jobs.open` is given. `server`: undefined if there is none.
 *
 * @throws Error that names what is missing
 */
export async function startStore(store) {
  const { folder, remove } = temporaryFolder()
  try {
    if (store === 'file') return { store, where: `file:${join(folder, 'jobs')}`, folder, close: async () => remove() }
    const server = await (store === 'redis' ? startRedis : startPostgres)(folder)
    const close = async () => {
      await server.stop()
      remove()
    }
    return { store, where: server.url, folder, server, close }
  } catch (error) {
    remove()
    throw error
  }
}
