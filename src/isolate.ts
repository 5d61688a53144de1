/**
 * This isolate's side of the core: its pools by number, and the commands that the core leaves for it. The core says
 * what is to be done; nothing is decided here.
 */
import { CommandKind, type Rejection, Word, isolate, native, words } from './binding.js'

/** A pool as the commands need it. */
export interface CommandTarget {
  /** Starts a waiting task on a worker. */
  start(worker: number, task: number): void
  /** Makes a worker's resource. */
  boot(worker: number): void
  /** Disposes of a worker's resource. */
  retire(worker: number): void
  /** Settles a task that ended without its closure. */
  reject(task: number, rejection: Rejection): void
}

/** Strong: a pool that nobody references lives as long as it has work, or may get some. */
const targets: (CommandTarget | undefined)[] = []

/** Promises of the control verbs, by token. Odd tokens keep the process alive. */
const watches = new Map<number, (isExpired: boolean) => void>()
let watchCount = 0

/** The pool is held until `letGo`, as the core may have commands for it. */
export function hold(face: number, target: CommandTarget): void {
  targets[face] = target
}

/** The pool is closed and vacant: the core has no commands for it before it is rebooted. */
export function letGo(face: number): void {
  targets[face] = undefined
}

/** Whether the core may have left commands during the last call. */
export const hasCommands = (): boolean => words[Word.pending] !== 0

/** Commands are carried out one after the other: what leaves new ones meanwhile returns, and the loop goes on. */
let isCarryingOut = false

/** Carries out all commands. Called after native calls that left some, and by the event loop when another thread did. */
export function carryOut(): void {
  if (isCarryingOut) return
  isCarryingOut = true
  try {
    carryOutAll()
  } finally {
    isCarryingOut = false
  }
}

/**
 * Tasks that workers have taken meanwhile. The core gave them out after everything that is in the outbox, so they start after
 * it, too, and in this order.
 */
const postponed: { target: CommandTarget; worker: number; task: number }[] = []

/** Has a task started once all present commands have been carried out. */
export function postpone(target: CommandTarget, worker: number, task: number): void {
  postponed.push({ target, worker, task })
}

function carryOutAll(): void {
  for (;;) {
    const kind = native.poll()
    if (kind === 0) {
      const next = postponed.shift()
      if (next === undefined) return
      next.target.start(next.worker, next.task)
      continue
    }
    const first = words[Word.first]!
    const second = words[Word.second]!
    if (kind === CommandKind.watched) {
      const settle = watches.get(first)
      watches.delete(first)
      settle?.(second === 1)
      continue
    }
    const target = targets[words[Word.face]!]!
    if (kind === CommandKind.start) target.start(first, second)
    else if (kind === CommandKind.boot) target.boot(first)
    else if (kind === CommandKind.retire) target.retire(first)
    else target.reject(first, second)
  }
}

/** Calls `settle` when the condition holds or the time is up. `isHeld`: the process stays alive until then. */
export function watch(
  face: number,
  condition: (typeof native.WatchCondition)[keyof typeof native.WatchCondition],
  settle: (isExpired: boolean) => void,
  { isHeld, generation = 0, timeout }: { isHeld: boolean; generation?: number; timeout?: number | undefined },
): void {
  const token = 2 * ++watchCount + (isHeld ? 1 : 0)
  watches.set(token, settle)
  native.watch(isolate, face, token, condition, generation, timeout)
  carryOut()
}

/** By pool: how many have been told of a vacancy in this turn of the event loop. */
const turns = new Map<number, number>()

/** Those who have been told have had the opportunity by the next turn; then the core may tell others. */
function endTurns(): void {
  const ended = [...turns]
  turns.clear()
  for (const [face, count] of ended) native.endTurns(isolate, face, count)
  carryOut()
}

/** Nothing follows of the pool, and its number may be used again. Whoever has been told of its vacancies is gone. */
export function forget(face: number): void {
  const count = turns.get(face)
  if (count !== undefined) {
    turns.delete(face)
    native.endTurns(isolate, face, count)
  }
  native.forget(isolate, face)
  carryOut()
}

/** Calls `settle` when a submit would not have to wait, or the pool is closed. Gives what takes the wait back, if it can. */
export function awaitVacancy(face: number, settle: (isClosed: boolean) => void): () => boolean {
  const token = 2 * ++watchCount + 1
  watches.set(token, (isClosed) => {
    if (!isClosed) {
      if (turns.size === 0) setImmediate(endTurns)
      turns.set(face, (turns.get(face) ?? 0) + 1)
    }
    settle(isClosed)
  })
  native.awaitVacancy(isolate, face, token)
  carryOut()
  return () => native.forgetVacancy(isolate, face, token) && watches.delete(token)
}

native.attach(carryOut)

