/**
 * The core's side in this isolate: the pools by number, and the commands that the core leaves for it. The core says
 * what to do; nothing is decided here.
 */
import { queueMicrotask, resolvedPromise, setImmediate, then } from '../base/intrinsics.js'
import { Column, CommandKind, Exchange, Linger, Token, Vacancy, Word } from './abi.js'
import { isolate, native, outcomes, words } from './binding.js'
import {
  type ClosureTarget,
  type OutcomeTarget,
  type ThreadTarget,
  type WorkerTarget,
  isAnyRooted,
  letGo,
  targetOf,
} from './targets.js'
import { consumers } from './consumers.js'
import { misuse } from '../base/errors.js'
import { Fifo } from '../base/fifo.js'
import { hasHeadroom } from '../base/headroom.js'
import { Numbering } from '../base/numbering.js'
import { SLICE, inSlices } from '../base/slices.js'
import { throwLater } from '../base/uncaught.js'

/** This isolate as a thread of a pool. */
export interface Thread {
  /** The thread has been given tasks. */
  take(): void
  /** The signal of a task is to abort. */
  abort(task: number, stamp: number, ifSettled: boolean): void
  /** A stream that the thread produces has credit again, or nobody consumes it any more. */
  credits(stream: number): void
}
let thread: Thread | undefined

export function serveAs(self: Thread): void {
  thread = self
}

/**
 * Is called with 0 if the condition has come true. Otherwise it never will, or has not in time, and the argument is 1 +
 * the number of workers that were left.
 */
type Settle = (vain: number) => void

/** Promises of the control verbs, by token. Those with `Token.held` keep the process alive. */
const watches = new Map<number, Settle>()

/** Twice such a number is a token. Tokens come back as words of 32 bits with a sign. */
export const watchNumbers = new Numbering(2 ** 30)

function newToken(isHeld: boolean): number {
  return (
    2 * watchNumbers.next((number) => watches.has(2 * number) || watches.has(2 * number + 1)) +
    (isHeld ? Token.held : 0)
  )
}

/** Whether the core may have left commands during the last call. */
export const hasCommands = (): boolean => words[Word.pending] !== 0

/**
 * Commands are carried out one after the other. A command that leaves new ones returns, and the loop goes on with them.
 */
let isCarryingOut = false

/**
 * There is more to do than a slice. What is left is carried out after what has been done so far has had its
 * consequences, and nothing before that.
 */
let isPaused = false

/**
 * Carries out all commands. If there are very many, it carries out the first, and the others as soon as these have had
 * their consequences. It is called after native calls that left some, which may be at the end of the stack; then it
 * acts a little later.
 */
export function carryOut(): void {
  if (isCarryingOut) return
  if (hasHeadroom()) carryOutOnce(commandsOnly)
  else void then.call(resolved, carryOut)
}

/**
 * Does the same as `carryOut`, and settles what has ended. It is for the event loop, and for what the event loop calls.
 */
export function wake(): void {
  carryOutOnce(commandsAndOutcomes)
}

/** Whether commands are left for later. */
export const hasPaused = (): boolean => isPaused

function carryOutOnce(slice: () => boolean): void {
  if (!isCarryingOut && !isPaused) inSlices(slice)
}

/** Returns whether nothing is left. */
function carryOutSlice(mayDrain: boolean): boolean {
  isCarryingOut = true
  try {
    isPaused = !carryOutAll(mayDrain, true)
  } finally {
    isCarryingOut = false
  }
  return !isPaused
}

const commandsOnly = (): boolean => carryOutSlice(false)
const commandsAndOutcomes = (): boolean => carryOutSlice(true)

/**
 * Tasks that workers have taken meanwhile. The core gave them out after everything that is in the mailbox, so they also
 * start after that, and in this order.
 */
const postponed = new Fifo<{ target: ClosureTarget; worker: number; task: number }>()

/** Has a task started once all present commands have been carried out. */
export function postpone(target: ClosureTarget, worker: number, task: number): void {
  postponed.push({ target, worker, task })
}

/**
 * `mayDrain`: outcomes are drained, too. That is not done inside a call of the user: the call may be at the end of the
 * stack, and no promise settles sooner for it. `isBounded`: only a slice. Returns false if there may be more.
 */
function carryOutAll(mayDrain: boolean, isBounded: boolean): boolean {
  for (let done = 0; ; done++) {
    if (isBounded && done === SLICE) return false
    const kind = hasUndrained && mayDrain ? CommandKind.outcomes : native.poll()
    if (kind === CommandKind.nothing && postponed.length === 0) return true
    if (kind === CommandKind.outcomes) {
      if (mayDrain && !drain(isBounded)) return false
      // What they cause comes first: continuations, and the tasks that these submit.
      if (!isLooking) queueMicrotask(look)
      isLooking = true
      return true
    }
    try {
      if (kind === CommandKind.nothing) startPostponed()
      else obey(kind)
    } catch (error) {
      // A command has failed. That is a bug, and must not be overlooked. But it concerns neither the other commands nor
      // the call in which they are carried out. If the loop stopped here, they would never be carried out, as nobody
      // rings for them again.
      throwLater(error)
    }
  }
}

function startPostponed(): void {
  const { target, worker, task } = postponed.shift()!
  target.start(worker, task)
}

/** Carries out the command that `poll` has given. */
function obey(kind: CommandKind): void {
  const first = words[Word.first]!
  const second = words[Word.second]!
  // Both may reach a thread that still loads, meant for the one that was this worker before. It has begun no task, and
  // looks for those that it is given as soon as it has loaded.
  if (kind === CommandKind.tasks) return thread?.take()
  if (kind === CommandKind.abort) return thread?.abort(first, words[Word.stamp]!, second === 1)
  if (kind === CommandKind.chunks) return consumers.get(first)?.arrived()
  if (kind === CommandKind.credits) return thread?.credits(first)
  if (kind === CommandKind.watched) {
    const settle = watches.get(first)
    watches.delete(first)
    return settle?.(second)
  }
  const target = targetOf(words[Word.handle]!)
  // The pool has been dropped, and only now its last thread is gone.
  if (target === undefined) return
  if (kind === CommandKind.start) (target as ClosureTarget).start(first, second)
  else if (kind === CommandKind.boot) (target as WorkerTarget).boot(first)
  else if (kind === CommandKind.retire) (target as WorkerTarget).retire(first)
  else if (kind === CommandKind.overdue) (target as ClosureTarget).overdue(first)
  else if (kind === CommandKind.validate) (target as ClosureTarget).validate(first)
  else if (kind === CommandKind.kill) (target as ThreadTarget).kill(first)
  else if (kind === CommandKind.died) (target as ThreadTarget).died(first, second)
  else if (kind === CommandKind.sendArgument) (target as ThreadTarget).sendArgument(first, second, words[Word.stamp]!)
  else target.reject(first, second, words[Word.third]!)
}

/** For microtasks that are queued where the stack may end: `queueMicrotask` would take some of it. */
const resolved = resolvedPromise(undefined)

/**
 * Whether `look` is on its way. Until it has looked in vain this isolate counts as awake, and nobody rings its bell.
 */
let isLooking = false

/** Looks for more outcomes, some µs long, before this isolate goes back to its event loop and perhaps to sleep. */
function look(): void {
  if (native.linger() === Linger.turn) {
    setImmediate(look)
    return
  }
  isLooking = false
  wake()
}

/** Whether the exchange is being read. */
let isDraining = false

/**
 * How long this isolate is blocked in native code at a time, in ms. A process that ends may have to wait that long for
 * it.
 */
const SLICE_MS = 5

/**
 * Names of the pools for which this isolate is kept from its event loop, so that neither timers nor Node's events reach
 * it.
 */
const blockedFor: string[] = []

export const isBlockedFor = (pool: string): boolean => blockedFor.includes(pool)

/** What has to be looked after while the isolate is blocked. */
export const whileBlocked = new Set<() => void>()

/** Does nothing but carry out commands until `isOver`, for the pool of this name. */
export function block(pool: string, isOver: () => boolean): void {
  if (isDraining) throw misuse('runSync cannot be called while the end of another task is being reported')
  blockedFor.push(pool)
  try {
    while (!isOver()) {
      carryOutAll(true, false)
      for (const lookAfter of whileBlocked) lookAfter()
      if (!isOver()) native.wait(isolate, SLICE_MS)
    }
  } finally {
    blockedFor.pop()
  }
}

/** Settles the tasks whose ends threads have reported. */
export function settleOutcomes(): void {
  // If somebody else reads the exchange, that one goes on as long as there are outcomes.
  if (!isDraining) drain(false)
}

/** Whether outcomes have been taken out of the mailbox and are not settled. */
let hasUndrained = false

/** `isBounded`: only a slice. False: there may be more. */
function drain(isBounded: boolean): boolean {
  isDraining = true
  hasUndrained = true
  let settled = 0
  try {
    for (let count = native.drain(); count > 0; count = native.drain()) {
      for (let row = 0; row < count; row++) {
        const at = row * Exchange.columns
        const target = targetOf(outcomes[at + Column.handle]!) as OutcomeTarget | undefined
        target?.outcome(outcomes[at + Column.task]!, row)
      }
      settled += count
      if (isBounded && settled >= SLICE) return false
    }
    hasUndrained = false
    return true
  } finally {
    isDraining = false
  }
}

/** Calls `settle` when the condition holds or the time is up. `isHeld`: the process stays alive until then. `of`: the generation or the group. */
export function watch(
  handle: number,
  condition: (typeof native.WatchCondition)[keyof typeof native.WatchCondition],
  settle: Settle,
  isHeld: boolean,
  of = 0,
  timeout?: number,
): void {
  const token = newToken(isHeld)
  watches.set(token, settle)
  native.watch(isolate, handle, token, condition, of, timeout)
  carryOut()
}

/** How many have been told of a vacancy in this turn of the event loop, by pool. */
const turns = new Map<number, number>()

/** Those who were told have had their opportunity by the next turn. Then the core may tell others. */
function endTurns(): void {
  const ended = [...turns]
  turns.clear()
  for (const [handle, count] of ended) native.endTurns(isolate, handle, count)
  carryOut()
}

/** Gives back the number of a handle that has no tasks and no open promises. */
export function forget(handle: number): void {
  letGo(handle)
  // The turns of the handle end with it. The next handle with that number has not got them.
  turns.delete(handle)
  native.forget(isolate, handle)
  carryOut()
}

/** How a vacancy is awaited. */
export interface VacancyWait {
  priority?: number | undefined
  /** In ms; `undefined` for as long as it takes. */
  waitTimeout?: number | undefined
  /** Of the task that is to be submitted, and so is the weight. */
  key?: string | undefined
  weight?: number | undefined
  /**
   * Whether the vacancy is used within `settle` or not at all. Otherwise there is time until the next turn of the event
   * loop.
   */
  isBrief?: boolean
}

/** Calls `settle` once, after `carryOut` at the earliest. Returns what takes the wait back, if that is possible. */
export function awaitVacancy(
  handle: number,
  settle: (vacancy: Vacancy) => void,
  { priority = 1, waitTimeout, key, weight, isBrief = false }: VacancyWait,
): () => boolean {
  const token = newToken(true)
  watches.set(token, (vacancy) => {
    if (vacancy !== Vacancy.told) {
      settle(vacancy)
    } else if (isBrief) {
      try {
        settle(vacancy)
      } finally {
        native.endTurns(isolate, handle, 1)
      }
    } else {
      if (turns.size === 0) setImmediate(endTurns)
      turns.set(handle, (turns.get(handle) ?? 0) + 1)
      settle(vacancy)
    }
  })
  if (key !== undefined) native.name_key(key)
  native.awaitVacancy(isolate, handle, token, priority, waitTimeout, weight, key !== undefined)
  return () => native.forgetVacancy(isolate, handle, token) && watches.delete(token)
}

native.attach(wake)

/**
 * Open promises keep this code alive, because the event loop comes back to it. When there are none, nothing keeps it: a
 * test runner has a realm for every file, and would never get rid of one. It is kept on until garbage is collected,
 * because ending that with the last promise and beginning again with the next one would slow every task down.
 */
const collections = new FinalizationRegistry(awaitCollection)

function awaitCollection(): void {
  if (!isAnyRooted()) native.unroot(isolate)
  collections.register({}, undefined)
}

awaitCollection()
