/**
 * Work that has no bound, in slices that let the event loop turn. A slice is followed by its consequences, which are
 * reactions of promises, and then by the next one. When a stint is over, the event loop turns first. All unbounded work
 * of the isolate shares its stints.
 */
import { monotonicNow, resolvedPromise, setImmediate, then } from './intrinsics.js'
import { Fifo } from './fifo.js'

/** How long slices and their consequences may take, in ms, before the event loop turns. */
const STINT_MS = 8

/** How long slices may take, in ms, before their consequences come; and how many are done however long they take. */
const AT_ONCE_MS = 2
const AT_ONCE = 4

/** Of what a slice has so many. */
export const SLICE = 256

/** For microtasks that are queued where the stack may end: `queueMicrotask` would take some of it. */
const resolved = resolvedPromise(undefined)

/** Does a slice. True: nothing is left. It must not throw. */
type Slice = () => boolean

const unfinished = new Fifo<Slice>()
let isScheduled = false
/** When the present stint is over. It begins with what is left by a first slice. */
let endsAt: number | undefined
/** When the slices that are being done are to pause. Slices that one of them begins share its time. */
let pausesAt: number | undefined

/**
 * Calls `slice` until it returns true: at once for a short time, and then in stints. A call within a slice has the time
 * that this slice has, and does one slice at least.
 */
export function inSlices(slice: Slice): void {
  const outer = pausesAt
  const least = outer === undefined ? AT_ONCE : 1
  for (let done = 1; !slice(); done++) {
    if (done < least) continue
    pausesAt ??= monotonicNow() + AT_ONCE_MS
    if (monotonicNow() < pausesAt) continue
    unfinished.push(slice)
    schedule()
    break
  }
  pausesAt = outer
}

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  endsAt ??= monotonicNow() + STINT_MS
  void then.call(resolved, goOn)
}

function goOn(): void {
  if (monotonicNow() >= endsAt!) {
    endsAt = undefined
    setImmediate(begin)
    return
  }
  isScheduled = false
  const slice = unfinished.shift()!
  pausesAt = endsAt
  if (!slice()) unfinished.push(slice)
  pausesAt = undefined
  if (unfinished.length > 0) schedule()
  else endsAt = undefined
}

function begin(): void {
  isScheduled = false
  schedule()
}
