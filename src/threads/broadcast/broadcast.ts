/** A call of an export in every live thread of one or several pools. */
import { Promise } from '../../base/intrinsics.js'
import { needHeadroom } from '../../base/headroom.js'
import { Refusal, ValueKind } from '../../native/abi.js'
import { describe, isolate, native } from '../../native/binding.js'
import type { BroadcastChecked } from '../../options/broadcast-options.js'
import { NO_RUN_OPTIONS, type RunChecked } from '../../options/thread-options.js'
import { Call, LEFT_OUT } from '../owner/call.js'
import type { CallBatchOwner } from '../owner/call-batch.js'
import { type PortArgument, toSharedArgument } from '../owner/port-argument.js'
import { NAMED, encode, serialize } from '../../wire/values.js'

/** A pool whose threads are meant. */
export interface Audience extends CallBatchOwner {
  /** Whether `panicHandler` asks for the times of tasks. */
  readonly isNoted: boolean
  /** Keeps what only a message port brings, for threads that start later. */
  stick(exportName: string, argument: PortArgument | undefined): void
  refusal(code: number, call: Call): Error
}

/**
 * Has every live thread of the pools call an export. Gives the results in the order of the pools, and within a pool in
 * that of the numbers of the threads. A pool that is closed has no threads that could; if all are closed, it throws.
 */
export function broadcast(
  pools: readonly Audience[],
  exportName: string,
  argument: unknown,
  options: BroadcastChecked,
): Promise<unknown[]> {
  const calls: Call[] = []
  let refused: Error | undefined
  let isAccepted = false
  for (const pool of pools) {
    const bound = bind(pool, exportName, argument, options)
    if (bound instanceof Error) refused ??= bound
    else {
      isAccepted = true
      calls.push(...bound)
    }
  }
  if (!isAccepted && refused !== undefined) throw refused
  const where = pools.map(({ name }) => `"${name}"`).join(', ')
  return gather(calls, (failed) => {
    const pool = pools.length === 1 ? 'pool' : 'pools'
    return `${failed} of ${calls.length} threads failed in the broadcast of ${exportName} (${pool} ${where})`
  })
}

/** A broadcast comes before every other task of its thread. */
const FIRST: RunChecked = { ...NO_RUN_OPTIONS, priority: 0 }

/** Binds a call to each thread of a pool, or gives the error of a refusal. */
function bind(pool: Audience, exportName: string, argument: unknown, options: BroadcastChecked): Call[] | Error {
  const { timeout = 0, sticky = false } = options
  needHeadroom()
  const exportCode = pool.exportCode(exportName)
  const sent = (exportCode & NAMED) === 0 ? argument : [exportName, argument]
  let shared: PortArgument | undefined
  if (!encode(sent)) {
    if (pool.hasPort) shared = toSharedArgument(sent)
    else serialize(sent)
    if (shared !== undefined) describe(ValueKind.port, 0, 0)
  }
  const stickyName = sticky ? exportName : undefined
  const [code, ...names] = native.broadcast(isolate, pool.id, exportCode, timeout, pool.isNoted, stickyName)
  const newCall = (): Call => new Call(exportName, undefined, false)
  if (code! < 0) return pool.refusal(code as Refusal, newCall())
  if (sticky) pool.stick(exportName, shared)
  pool.observer.accepted()
  const site = pool.observer.site()
  const calls: Call[] = []
  for (let at = 0; at < names.length; at += 2) {
    const call = newCall()
    call.id = names[at]!
    call.stamp = names[at + 1]!
    call.options = FIRST
    call.site = site
    call.portArgument = shared
    pool.table.keep(call)
    calls.push(call)
  }
  return calls
}

/** Waits for all calls. `say`: what an error says if so many have failed. */
function gather(calls: readonly Call[], say: (failed: number) => string): Promise<unknown[]> {
  let open = calls.length
  const results: { readonly value: unknown }[] = []
  const failures: { readonly error: unknown }[] = []
  const promise: Promise<unknown[]> = new Promise((resolve, reject) => {
    // Places of threads that were left out stay empty, and are passed over here.
    const end = (): void => {
      const errors = failures.flatMap(({ error }) => [error])
      if (errors.length > 0) reject(new AggregateError(errors, say(errors.length)))
      else resolve(results.flatMap(({ value }) => [value]))
    }
    const settled = (): void => {
      if (--open === 0) end()
    }
    for (const [index, call] of calls.entries()) {
      call.resolve = (value) => {
        results[index] = { value }
        settled()
      }
      call.reject = (error) => {
        if (error !== LEFT_OUT) failures[index] = { error }
        settled()
      }
    }
    if (open === 0) end()
  })
  for (const call of calls) call.promise = promise
  return promise
}
