/**
 * The numbers of the pools of this isolate, by name: sums over pools of one name, with those that are gone. So a counter
 * never falls, whatever becomes of a pool, and nothing is counted twice.
 */
import { Map, Set } from '../base/intrinsics.js'
import { enlisted } from '../base/registry.js'
import type { PoolStats } from '../native/pool-stats.js'

/** As far as a pool is read here. */
interface Readable {
  readonly name: string
  readonly kind: 'closures' | 'threads' | 'native' | 'multi'
  stats(): PoolStats
  /** Of a `MultiPool`. */
  at?(index: number): Readable
}

/** What pools of one name have now. */
interface Gauges {
  active: number
  idle: number
  waiting: number
  /** `Infinity` if one of them has no limit. */
  capacity: number
}

/** What they have counted: `tasks` by outcome, `refused` by reason, `workers` by what became of them. */
export interface Counters {
  readonly tasks: Record<string, number>
  readonly refused: Record<string, number>
  readonly workers: Record<string, number>
}

export interface Reading extends Gauges, Counters {}

const newCounters = (): Counters => ({ tasks: {}, refused: {}, workers: {} })

function addTo(sums: Counters, { tasks, refused, workers }: Counters): void {
  for (const [sum, more] of [
    [sums.tasks, tasks],
    [sums.refused, refused],
    [sums.workers, workers],
  ] as const) {
    for (const [key, value] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + value
  }
}

const OUTCOMES = ['completed', 'failed', 'timedOut', 'cancelled'] as const

function countersOf(stats: PoolStats): Counters {
  const tasks = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, stats[outcome]]))
  return { tasks, refused: { ...stats.rejected }, workers: { ...stats.workers } }
}

/** What a `MultiPool` has counted itself, which its pools have not: the tasks that none of them has taken. */
function ownCounters(multi: Readable, stats: PoolStats): Counters {
  const refused: Record<string, number> = { ...stats.rejected }
  for (const member of membersOf(multi)) {
    for (const [reason, count] of Object.entries(member.stats().rejected)) refused[reason]! -= count
  }
  // Its pools are read after it, and may have refused more meanwhile.
  for (const reason of Object.keys(refused)) refused[reason] = Math.max(0, refused[reason]!)
  return { tasks: {}, refused, workers: {} }
}

function membersOf(multi: Readable): Readable[] {
  const members: Readable[] = []
  for (let index = 0; ; index++) {
    try {
      members.push(multi.at!(index))
    } catch {
      return members
    }
  }
}

/** A pool that has been read. */
interface Entry {
  readonly name: string
  readonly counters: Counters
}

/** Reads again and again. What is kept of a pool that is gone is what was read of it last. */
export class Readings {
  /** By what tells one pool from another. */
  readonly #entries = new Map<unknown, Entry>()
  readonly #gone = new Map<string, Counters>()

  read(): Map<string, Reading> {
    const readings = new Map<string, Reading>()
    const of = (name: string): Reading => {
      const reading = readings.get(name) ?? { active: 0, idle: 0, waiting: 0, capacity: 0, ...newCounters() }
      readings.set(name, reading)
      return reading
    }
    const live = new Set<unknown>()
    for (const { pool, identity } of enlisted()) {
      // Another handle of a pool that has been read.
      if (live.has(identity)) continue
      live.add(identity)
      const { name, kind } = pool as Readable
      const stats = (pool as Readable).stats()
      const isMulti = kind === 'multi'
      const counters = isMulti ? ownCounters(pool as Readable, stats) : countersOf(stats)
      this.#enter(identity, name, counters, isMulti)
      addTo(of(name), counters)
      if (!isMulti) addGauges(of(name), stats)
    }
    for (const identity of this.#entries.keys()) if (!live.has(identity)) this.#leave(identity)
    for (const [name, counters] of this.#gone) addTo(of(name), counters)
    return readings
  }

  #enter(identity: unknown, name: string, counters: Counters, isMulti: boolean): void {
    const before = this.#entries.get(identity)?.counters
    if (before !== undefined && isMulti) keepUp(counters.refused, before.refused)
    // A shared pool was closed by all, and is another one by now.
    else if (before !== undefined && counters.workers['started']! < before.workers['started']!) this.#leave(identity)
    this.#entries.set(identity, { name, counters })
  }

  #leave(identity: unknown): void {
    const { name, counters } = this.#entries.get(identity)!
    this.#entries.delete(identity)
    const gone = this.#gone.get(name) ?? newCounters()
    addTo(gone, counters)
    this.#gone.set(name, gone)
  }
}

function addGauges(sums: Gauges, { busy, idle, waiting, capacity }: PoolStats): void {
  sums.active += busy
  sums.idle += idle
  sums.waiting += waiting
  sums.capacity += capacity
}

/** Differences of numbers that are read one after the other do not fall, either. */
function keepUp(now: Record<string, number>, before: Record<string, number>): void {
  for (const reason of Object.keys(now)) now[reason] = Math.max(now[reason]!, before[reason] ?? 0)
}
