/**
 * The thread in which the database of a folder runs. A statement holds it up, and nothing else of the process.
 */
import { parentPort, workerData } from 'node:worker_threads'

import type { Answer, DatabaseStart, Order, Refusal, Statement } from '../messages.js'

import { TOUCH_EVERY, isHeld, touch } from '../lock.js'
import { Care } from './care.js'
import { type OpenDatabase, openDatabase } from './open-database.js'

const { data, lock } = workerData as DatabaseStart
const tell = (answer: Answer): void => parentPort!.postMessage(answer)

let touched = performance.now()
function keepLock(): void {
  touched = performance.now()
  try {
    touch(lock)
  } catch {
    // It is looked for before the next statement.
    touched = -Infinity
  }
}

/**
 * A process that stood still for long may have lost the lock to one that could not look for it. Nothing is written after
 * that: the thread ends.
 */
function requireLock(): void {
  if (performance.now() - touched < 2 * TOUCH_EVERY) return
  if (!isHeld(lock)) throw new Error('its folder belongs to another process by now')
  keepLock()
}

async function run({ id, text, values }: Statement, { database }: OpenDatabase): Promise<void> {
  requireLock()
  try {
    const result =
      values === undefined ? (await database.exec(text)).at(-1) : await database.query(text, values as unknown[])
    const { rows = [], affectedRows } = result ?? {}
    tell({ kind: 'result', id, rows, rowCount: affectedRows ?? rows.length })
  } catch (error) {
    // What is no answer of PostgreSQL is a failure of the database itself.
    if (!isRefusal(error)) throw error
    const { message, code, detail, hint, constraint } = error
    tell({ kind: 'refused', id, refusal: { message, code, detail, hint, constraint } })
  }
}

const isRefusal = (error: unknown): error is Refusal =>
  typeof error === 'object' && error !== null && typeof (error as Refusal).code === 'string' && 'severity' in error

async function main(): Promise<void> {
  const beat = setInterval(keepLock, TOUCH_EVERY)
  beat.unref()
  const orders: Order[] = []
  let wake = (): void => {}
  parentPort!.on('message', (order: Order) => {
    orders.push(order)
    wake()
  })
  let open: OpenDatabase
  try {
    open = await openDatabase(data)
  } catch (error) {
    const { message, code, cause } = error as { message: string; code?: unknown; cause?: unknown }
    tell({ kind: 'failed', message, code, cause })
    parentPort!.close()
    return
  }
  open.database.onNotification((channel, payload) => tell({ kind: 'notification', channel, payload }))
  tell({ kind: 'opened' })
  const care = new Care(open.database)
  for (;;) {
    const order = orders.shift()
    if (order === 'close') break
    if (order !== undefined) {
      await run(order, open)
      await care.after(orders.length)
      continue
    }
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  await care.tidy()
  await open.database.close()
  parentPort!.close()
}

// What it throws ends the thread, and its owner hears of it.
void main().catch((error: unknown) => {
  setImmediate(() => {
    throw error
  })
})
