/**
 * A service is an HTTP server in a process of its own, so that load, server and upstream do not share an event loop and each can be
 * measured. This file holds both sides of its life: `startService` for the parent, `serve` for the child.
 *
 * Nothing may outlive the demo. The parent ends a service by closing the IPC channel; the kernel closes it as well when the parent dies, of
 * whatever cause, so a service needs no other reason to end than its channel being gone.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ownLoop } from './rest.mjs'

/** How long a service may take to notice that its channel is closed, before it is killed. */
const graceMs = 1_000

/** How often a service tells how busy it is. */
const reportEveryMs = 100

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()
let isStopping = false

/**
 * @typedef {object} Service
 * @property {string} url where it listens: an ephemeral port on loopback
 * @property {Promise<never>} failed rejects if the process ends before `stop` was called
 * @property {(listener: (message: any) => void) => void} onMessage hears what the service `report`s
 * @property {() => import('./rest.mjs').Loop} loop how its event loop has spent its time, as it said last
 * @property {(message: object) => void} tell sends the service something
 * @property {() => Promise<void>} stop resolves when the process is gone
 */

/**
 * Starts the module `filename` (relative to this folder) as a service.
 * @param {string} filename
 * @param {string[]} [argv]
 * @returns {Promise<Service>}
 */
export async function startService(filename, argv = []) {
  if (isStopping) throw new Error('the demo is ending')
  const child = fork(fileURLToPath(new URL(filename, import.meta.url)), argv, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.add(child)
  const ended = once(child, 'exit').then(([code, signal]) => {
    children.delete(child)
    return new Error(`${filename} ended (${signal ?? `exit code ${code}`})`)
  })
  let isWanted = true
  /** @type {Promise<never>} */
  const failed = new Promise((_, reject) => ended.then((error) => isWanted && reject(error), reject))
  failed.catch(() => {}) // whoever waits for the service races with it; nobody may be waiting just now
  const [{ port, loop: atStart }] = await Promise.race([once(child, 'message'), failed])
  let loop = atStart
  child.on('message', (message) => (loop = message.loop ?? loop))
  return {
    url: `http://127.0.0.1:${port}`,
    failed,
    onMessage: (listener) => void child.on('message', (message) => message.loop === undefined && listener(message)),
    loop: () => loop,
    tell: (message) => void child.send(message),
    stop: () => {
      isWanted = false
      return end(child)
    },
  }
}

/** Ends every service and refuses new ones; resolves when all processes are gone. */
export async function stopServices() {
  isStopping = true
  await Promise.all([...children].map(end))
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  if (child.connected) child.disconnect()
  const kill = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exit
  clearTimeout(kill)
}

/**
 * The child's side: listens, tells the parent where, and ends with the channel.
 * @param {import('node:http').Server} server
 */
export function serve(server) {
  if (!process.send) throw new Error('this module is started by demo/main.mjs')
  process.on('disconnect', () => process.exit())
  // A terminal sends Ctrl-C to every process in the foreground. The parent decides what it means; a service that died of it
  // by itself would look like one that failed.
  process.on('SIGINT', () => {})
  server.listen(0, '127.0.0.1', () => {
    report({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port, loop: ownLoop() })
    setInterval(() => report({ loop: ownLoop() }), reportEveryMs)
  })
}

/**
 * Tells the parent something.
 * @param {object} message
 */
export function report(message) {
  // A closed channel is the end of this process, not an error: 'disconnect' is on its way.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
