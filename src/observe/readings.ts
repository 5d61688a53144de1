/**
 * The numbers of the pools of this isolate, by name: sums over pools of one name, with those that are gone. So a counter
 * never falls, whatever becomes of a pool, and nothing is counted twice.
 */
import { Map, Set } from '../base/intrinsics.js'
import { type Counted, allCounted, onCountEnd } from '../base/registry.js'
import { type Counts, type Gauges, addCounts, noCounts, readCounts } from './counts.js'

/** Of all pools of one name. */
export interface Reading {
  readonly counts: Counts
  /** Sums over those that are there; `undefined` if none is. The capacity is `Infinity` if one of them has no limit. */
  gauges: Gauges | undefined
}

/** A pool that has been read. */
interface Entry {
  readonly name: string
  readonly kind: Counted['kind']
  /** What this isolate has of it: several handles, if it is shared. None are left of a pool that others may still have. */
  readonly handles: Set<Counted>
  counts: Counts
}

/** Reads again and again. What is kept of a pool that is gone is what it had at its end. */
export class Readings {
  readonly #withTimes: boolean
  readonly #which: (() => Iterable<Counted>) | undefined
  /** By what tells one pool from another. */
  readonly #entries = new Map<unknown, Entry>()
  readonly #gone = new Map<string, Counts>()
  /** Ends the reading. */
  readonly stop: () => void

  /**
   * @param withTimes whether the times of pools that measure are read, too
   * @param which those that are read, of all that this isolate has
   */
  constructor(withTimes: boolean, which?: () => Iterable<Counted>) {
    this.#withTimes = withTimes
    this.#which = which
    this.stop = onCountEnd((counted) => this.#end(counted))
  }

  read(): Map<string, Reading> {
    const readings = new Map<string, Reading>()
    const of = (name: string): Reading => {
      let reading = readings.get(name)
      if (reading === undefined) readings.set(name, (reading = { counts: noCounts(), gauges: undefined }))
      return reading
    }
    const read = new Set<unknown>()
    for (const counted of this.#which?.() ?? allCounted()) {
      const identity = identityOf(counted)
      const entry = this.#enter(counted)
      // Another handle of a pool that has been read.
      if (read.has(identity)) continue
      read.add(identity)
      const [counts, gauges] = readCounts(counted, this.#withTimes)
      entry.counts = counts
      if (gauges !== undefined) of(entry.name).gauges = sumOf(of(entry.name).gauges, gauges)
    }
    for (const { name, counts } of this.#entries.values()) addCounts(of(name).counts, counts)
    for (const [name, counts] of this.#gone) addCounts(of(name).counts, counts)
    return readings
  }

  #enter(counted: Counted): Entry {
    const identity = identityOf(counted)
    let entry = this.#entries.get(identity)
    if (entry === undefined) {
      const { name, kind } = counted
      if (counted.serial !== undefined) this.#buryBefore(name, kind)
      entry = { name, kind, handles: new Set(), counts: noCounts() }
      this.#entries.set(identity, entry)
    }
    entry.handles.add(counted)
    return entry
  }

  #end(counted: Counted): void {
    // Without a choice a pool is read that has come and gone since the last time, too.
    const entry = this.#which === undefined ? this.#enter(counted) : this.#entries.get(identityOf(counted))
    if (entry === undefined || !entry.handles.has(counted)) return
    ;[entry.counts] = readCounts(counted, this.#withTimes)
    entry.handles.delete(counted)
    // A shared pool may come back to this isolate.
    if (counted.serial === undefined) this.#bury(identityOf(counted), entry)
  }

  /** There is a new shared pool of this name: that which had it before is gone from all isolates. */
  #buryBefore(name: string, kind: Counted['kind']): void {
    for (const [identity, entry] of this.#entries) {
      const { handles } = entry
      if (typeof identity === 'number' && handles.size === 0 && entry.name === name && entry.kind === kind)
        this.#bury(identity, entry)
    }
  }

  #bury(identity: unknown, { name, counts }: Entry): void {
    this.#entries.delete(identity)
    const gone = this.#gone.get(name) ?? noCounts()
    addCounts(gone, counts)
    this.#gone.set(name, gone)
  }
}

const identityOf = (counted: Counted): unknown => counted.serial ?? counted

const sumOf = (sums: Gauges | undefined, more: Gauges): Gauges => ({
  busy: (sums?.busy ?? 0) + more.busy,
  idle: (sums?.idle ?? 0) + more.idle,
  waiting: (sums?.waiting ?? 0) + more.waiting,
  capacity: (sums?.capacity ?? 0) + more.capacity,
})
