/** Tasks that run for longer than they should. */
import { Map, Set, clearTimeout, monotonicNow, setTimeout, then } from '../base/intrinsics.js'
import type { Logger } from '../base/logger.js'
import { isolate, native } from '../native/binding.js'
import { Stat } from '../native/pool-stats.js'
import { readStat } from '../native/stats.js'
import { type ChannelMessages, tell } from './channels.js'
import type { InspectedTask, InspectedWorker, Seen, Subject } from './seen.js'

type SlowTask = ChannelMessages['workpool:task:slow']

/** A pool that is watched. */
export interface Watched extends Subject {
  readonly name: string
  log(level: keyof Logger, details: object, message: string): void
  /** The stack of a thread that has the task of this number now. */
  stackOf?(threadId: number, task: number): Promise<string | undefined>
}

/** There is one stack in so many ms. */
const BETWEEN_STACKS_MS = 1_000
let lastStackAt = -Infinity

/** A task that has been told of. */
const TOLD = -Infinity

/**
 * Looks at what runs twice in the time that a task may take. So tasks need no clock of their own: one that is seen for the
 * first time has been running for half of that time at most.
 */
export class SlowTasks {
  readonly #watched: Watched
  /** The workers of the pool, and their tasks. */
  readonly #see: () => Seen
  #ms: number
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Since when the tasks are known that ran at the last look, by number. */
  #known = new Map<number, number>()
  /** Workers whose thread has been told of, and has not had a turn since. */
  #stalled = new Set<number>()

  constructor(watched: Watched, see: () => Seen, ms: number) {
    this.#watched = watched
    this.#see = see
    this.#ms = ms
  }

  /** Something may run from now on. */
  wake(): void {
    // A timer may be early by a millisecond.
    this.#timer ??= setTimeout(this.#look, this.#ms / 2 + 1).unref()
  }

  change(ms: number): void {
    this.#ms = ms
    this.stop()
    this.wake()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  readonly #look = (): void => {
    this.#timer = undefined
    const { id } = this.#watched
    const now = monotonicNow()
    const before = this.#known
    this.#known = new Map()
    const slow = new Map<number, number>()
    const running = native.running(isolate, id)
    for (let i = 0; i < running.length; i += 2) {
      const [number, runMs] = [running[i]!, running[i + 1]!]
      const since = before.get(number) ?? (runMs < 0 ? now : now - runMs)
      if (since !== TOLD && now - since >= this.#ms) slow.set(number, now - since)
      this.#known.set(number, slow.has(number) ? TOLD : since)
    }
    if (running.length > 0 || readStat(id, Stat.waiting) > 0) this.wake()
    if (slow.size > 0 || (running.length > 0 && this.#watched.vitals !== undefined)) this.#tell(slow)
  }

  #tell(slow: ReadonlyMap<number, number>): void {
    const { workers } = this.#see()
    for (const worker of workers) {
      for (const task of worker.tasks) {
        const runMs = slow.get(task.id)
        if (runMs !== undefined && task.name !== 'lease') this.#tellOf(task, runMs, worker)
      }
    }
    this.#tellOfStalled(workers)
  }

  #tellOf(task: InspectedTask, runMs: number, { threadId, lastTurnMs }: InspectedWorker): void {
    const { name: pool } = this.#watched
    const slow = { pool, ...task, runMs: task.runMs ?? runMs, ...(threadId !== undefined && { threadId }) }
    // A thread whose event loop turns is not in the midst of its task, which waits for something.
    if (lastTurnMs === 0) return this.#report({ ...slow, stack: '' })
    const stack = threadId === undefined ? undefined : this.#stackOf(threadId, task.id)
    if (stack === undefined) this.#report(slow)
    else {
      const report = (text: string | undefined): void =>
        this.#report({ ...slow, ...(text !== undefined && { stack: text }) })
      // Where there is no inspector, it goes without.
      void then.call<Promise<string | undefined>, [typeof report, () => void], unknown>(stack, report, () =>
        report(undefined),
      )
    }
  }

  #stackOf(threadId: number, task: number): Promise<string | undefined> | undefined {
    const now = monotonicNow()
    if (this.#watched.stackOf === undefined || now - lastStackAt < BETWEEN_STACKS_MS) return undefined
    lastStackAt = now
    return this.#watched.stackOf(threadId, task)
  }

  #report(slow: SlowTask): void {
    const { id, name, runMs } = slow
    const what = name === undefined ? `task ${id}` : `task ${id}, ${name},`
    this.#watched.log('warn', { task: slow }, `${what} has been running for ${Math.round(runMs)} ms`)
    tell('workpool:task:slow', () => slow)
  }

  #tellOfStalled(workers: readonly InspectedWorker[]): void {
    const before = this.#stalled
    this.#stalled = new Set()
    for (const { id: worker, threadId, lastTurnMs = 0, tasks: all } of workers) {
      if (lastTurnMs < this.#ms || threadId === undefined) continue
      this.#stalled.add(worker)
      if (before.has(worker)) continue
      const begun = all.filter(({ runMs }) => runMs !== undefined)
      const tasks = begun.map(({ id, name = '', runMs }) => ({ id, name, runMs: runMs! }))
      tell('workpool:thread:stalled', () => ({ pool: this.#watched.name, worker, threadId, lastTurnMs, tasks }))
    }
  }
}
