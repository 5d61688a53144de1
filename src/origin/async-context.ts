/**
 * A waiting closure runs in the async context (`AsyncLocalStorage`) of its `submit`. One `AsyncResource` per waiting
 * task carries the context there. It costs some hundred nanoseconds, most of them for garbage collection, because it
 * lives as long as the wait.
 *
 * As long as nothing in the process uses async contexts, all of them are the same and there is nothing to carry. Where
 * contexts are built on promise hooks (Node 20 and 22), that can be seen: the hooks put an id on every new promise.
 * Elsewhere (Node ≥ 24, other runtimes) it cannot be seen, and every waiting task carries its context.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { Promise, queueMicrotask } from '../base/intrinsics.js'
import { isNode } from '../base/runtime.js'

const noop = (): void => {}

/**
 * A resource that keeps nothing alive, and says so. Tools that look for open handles take a resource that does not say
 * so for one.
 */
class Context extends AsyncResource {
  hasRef(): boolean {
    return false
  }
}

/** The context of last resort: the one in which the module was loaded. */
const root = new Context('workpool', { requireManualDestroy: true })

/** Node removes the hooks of a probe in a microtask. Until then ids on promises prove nothing. */
let isProbed = true

/** Finds the key of the id that the hooks put on promises; `undefined` if contexts work in another way. */
function probe(): symbol | undefined {
  isProbed = false
  queueMicrotask(() => {
    isProbed = true
  })
  const storage = new AsyncLocalStorage<boolean>()
  const key = storage.run(true, () => Object.getOwnPropertySymbols(new Promise(noop))[0])
  storage.disable()
  return key
}

/**
 * Does the same for a Node whose contexts are built on hooks, and sets none. A probe sets hooks, which takes time at
 * load, and V8 never again optimises promises as it does in a process that has had none. Resources and promises have
 * their ids under one key.
 */
function knownKey(): symbol | undefined {
  if (!isNode || !('_enable' in AsyncLocalStorage.prototype)) return undefined
  return Object.getOwnPropertySymbols(root).find(({ description }) => description === 'async_id_symbol')
}

const idKey = knownKey() ?? probe()

/** Whether contexts may differ. Once it is true it stays true. A closure that was submitted before runs in `root`. */
let isFollowed = idKey === undefined

/** Whether the context of `promise`, which has just been made, may be another one than that of `root`. */
function mayDiffer(promise: Promise<unknown>): boolean {
  if (isFollowed) return true
  if ((promise as unknown as Record<symbol, unknown>)[idKey!] === undefined) return false
  isFollowed = isProbed
  return true
}

/**
 * Returns what carries the current context to the start of a task, or `undefined` if there is nothing to carry.
 * `promise` is any promise that has just been made.
 */
export function captureContext(promise: Promise<unknown>): AsyncResource | undefined {
  if (!mayDiffer(promise)) return undefined
  return new AsyncResource('workpool.task', { requireManualDestroy: true })
}

/**
 * Returns what carries the current context to any number of calls, as long as somebody references it; `undefined` if
 * there is nothing to carry. It is for what belongs to a pool: `init` and `dispose` run in the context of `create`. In
 * the context of the task that happens to need a worker, a connection would keep the store of one request for as long
 * as it lives.
 */
export function captureContextForGood(): AsyncResource | undefined {
  if (!mayDiffer(new Promise(noop))) return undefined
  // The resource is destroyed when it is collected.
  return new AsyncResource('workpool.pool')
}

/** A context for many tasks. It is destroyed when it is collected, not with the first of them. */
class Shared extends AsyncResource {
  override emitDestroy(): this {
    return this
  }
}

/** As `captureContext`, for any number of tasks. */
export function captureContextForMany(): AsyncResource | undefined {
  return mayDiffer(new Promise(noop)) ? new Shared('workpool.tasks') : undefined
}

/** Calls `f` in a context that was captured for good. If there was nothing to carry, it only calls `f`. */
export function runInContextForGood<A>(context: AsyncResource | undefined, f: (a: A) => void, a: A): void {
  const carrier = context ?? (isFollowed ? root : undefined)
  if (carrier === undefined) f(a)
  else carrier.runInAsyncScope(f, undefined, a)
}

/** Calls `f` in the context that was captured for it. */
export function runInContext<A, B, T>(context: AsyncResource | undefined, f: (a: A, b: B) => T, a: A, b: B): T {
  if (context === undefined) return isFollowed ? root.runInAsyncScope(f, undefined, a, b) : f(a, b)
  try {
    return context.runInAsyncScope(f, undefined, a, b)
  } finally {
    context.emitDestroy()
  }
}
