/**
 * A waiting closure runs in the async context (`AsyncLocalStorage`) of its `submit`. An `AsyncResource` per waiting
 * task carries it there: some hundred nanoseconds, most of them garbage collection, as it lives as long as the wait.
 *
 * While nothing in the process follows async contexts, they cannot differ and there is nothing to carry. Where
 * contexts are built on promise hooks (Node 20 and 22) that can be seen: the hooks put an id on every new promise.
 * Where they are not (Node ≥ 24, other runtimes) it cannot, and every waiting task carries its context.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { Promise, queueMicrotask } from '../base/intrinsics.js'

/** The key of the id that the hooks put on promises; `undefined` where contexts work in another way. */
function findIdKey(): symbol | undefined {
  const probe = new AsyncLocalStorage<boolean>()
  const key = probe.run(true, () => Object.getOwnPropertySymbols(new Promise(() => {}))[0])
  probe.disable()
  return key
}

const idKey = findIdKey()

const noop = (): void => {}

/** One that keeps nothing alive, and says so: what does not say is taken for an open handle by those that look for such. */
class Context extends AsyncResource {
  hasRef(): boolean {
    return false
  }
}

/** The context of last resort: that in which the module was loaded. */
const root = new Context('workpool', { requireManualDestroy: true })

/** Whether contexts may differ. Once true it stays: a closure that was submitted before runs in `root` from then on. */
let isFollowed = idKey === undefined

/** Node takes the hooks of the probe down in a microtask; until then ids on promises prove nothing. */
let isProbed = false
queueMicrotask(() => {
  isProbed = true
})

/** Whether the context of `promise`, which is made just now, may be another than that of `root`. */
function mayDiffer(promise: Promise<unknown>): boolean {
  if (isFollowed) return true
  if ((promise as unknown as Record<symbol, unknown>)[idKey!] === undefined) return false
  isFollowed = isProbed
  return true
}

/**
 * What carries the current context to the start of a task, or `undefined` if there is nothing to carry. `promise` is
 * any promise made just now.
 */
export function captureContext(promise: Promise<unknown>): AsyncResource | undefined {
  if (!mayDiffer(promise)) return undefined
  return new AsyncResource('workpool.task', { requireManualDestroy: true })
}

/**
 * What carries the current context to any number of calls, as long as somebody references it; `undefined` if there is nothing to
 * carry. For what belongs to a pool: `init` and `dispose` run in the context of `create`. In that of the task that happens to need
 * a worker, a connection would keep the store of one request for as long as it lives.
 */
export function captureContextForGood(): AsyncResource | undefined {
  if (!mayDiffer(new Promise(noop))) return undefined
  // Destroyed when it is collected.
  return new AsyncResource('workpool.pool')
}

/** Calls `f` in a context that was captured for good; in none, if there was nothing to carry. */
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
