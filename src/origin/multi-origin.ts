import { AbortController, Promise, rejectedLater } from '../base/intrinsics.js'
import { Offer, Refusal } from '../native/abi.js'
import { PoolClosedError, PoolOverloadError } from '../base/errors.js'
import { follow, markHandled } from '../base/follow.js'
import type { Counted } from '../base/registry.js'
import type { VacancyWait } from '../native/isolate.js'
import type { Change } from '../options/live-options.js'
import type { CloseOptions } from '../options/options.js'
import { relayOf } from '../base/relay.js'
import type { Strategy } from '../options/strategy.js'
import type { Batch, Jobs, Share } from './batch.js'
import type { Handle } from './handle.js'
import { forTracing, isTraced } from './needed.js'
import { type JobOptions, Origin, isFinal, refusing } from './origin.js'
import { isRefusal, reasonOf } from './rejections.js'
import { leastRetryAfter } from './strain.js'
import type { Places } from './places.js'
import { Naming } from './strategy.js'
import { type PoolStats, Stat } from '../native/pool-stats.js'
import { type Seen, seeAll } from '../observe/see-all.js'
import { type Refused, readStats } from '../native/stats.js'
import { statsOfAll } from './stats.js'

/**
 * Several pools as one: who is asked for a job and in which order, what is counted when none takes it, and the verbs
 * over all. Each pool decides for itself what it takes; nothing is decided twice here.
 */
export class MultiOrigin<
  J,
  O extends JobOptions,
  L extends Jobs = readonly J[],
  H extends Handle<J, O, L> = Handle<J, O, L>,
> extends Origin<J, O, L> {
  readonly members: readonly H[]
  readonly handles: readonly number[]
  readonly naming: Naming
  readonly #refused: Refused = { overload: 0, rate: 0, key: 0, paused: 0, closed: 0 }
  readonly counted: Counted
  /** The pool whose refusal was final, of the last job that was offered silently. */
  #refuser: H | undefined
  /** By pool, why it let the last job not wait that no pool has taken. */
  readonly #codes: Refusal[] = []

  constructor(name: string, members: readonly H[], strategy: Strategy) {
    super(name)
    this.counted = { name, kind: 'multi', refused: this.#refused, members: members.map(({ counted }) => counted) }
    this.members = members
    this.handles = members.map(({ id }) => id)
    const readAll = (): PoolStats[] => members.map((member) => readStats(member.id, member.name))
    this.naming = new Naming(this.handles, readAll, strategy)
  }

  // ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────

  offer(job: J, options: O | undefined, mode: Offer): Promise<unknown> | undefined {
    try {
      if (isTraced() && options?.traced === undefined) return forTracing().offerTraced(this, job, options, mode)
      const named = this.naming.name()
      return this.members[named]!.offer(job, options, Offer.atOnce) ?? this.#offerElsewhere(named, job, options, mode)
    } catch (error) {
      options?.traced?.refuse(error)
      return rejectedLater(error)
    }
  }

  /** Apart from `offer`, which would pay for the closure even if it is not made. */
  #offerElsewhere(named: number, job: J, options: O | undefined, mode: Offer): Promise<unknown> | undefined {
    const promise = this.#ask(named, mode, (index, each) => {
      const member = this.members[index]!
      const answer = member.offer(job, options, each)
      if (answer === undefined) this.#codes[index] = member.lastRefusal
      return answer
    })
    if (promise !== undefined || mode !== Offer.normal) return promise
    return refusing(this.refusal(this.#countRefusal(), job), options?.traced)
  }

  offerSilently(job: J, options: O, mode: Offer): number {
    const named = this.naming.name()
    const code = this.members[named]!.offerSilently(job, options, Offer.atOnce)
    return isRefusal(code) ? this.#offerSilentlyElsewhere(named, code, job, options, mode) : code
  }

  #offerSilentlyElsewhere(named: number, first: number, job: J, options: O, mode: Offer): number {
    this.#refuser = undefined
    const answer = (index: number, code: number): number | undefined => {
      if (isFinal(code)) this.#refuser = this.members[index]
      if (!isRefusal(code) || isFinal(code)) return code
      this.#codes[index] = code
      return undefined
    }
    const code =
      answer(named, first) ??
      this.#ask(named, mode, (index, each) => answer(index, this.members[index]!.offerSilently(job, options, each)))
    return code ?? (mode === Offer.normal ? this.#countRefusal() : first)
  }

  anyOf(jobs: L): J {
    return this.members[0]!.anyOf(jobs)
  }

  home(): H {
    return this.members[this.naming.name()]!
  }

  /** Each job has a place in the pool that would take it if it was submitted. If one has none, all others give theirs back. */
  reserve(jobs: L, options: O, batch: Batch): readonly Share[] | number {
    const taken: { places: Places | undefined; indices: number[] }[] = this.members.map(() => ({
      places: undefined,
      indices: [],
    }))
    const shares = (): Share[] =>
      taken.flatMap(({ places, indices }, at) =>
        places === undefined ? [] : [this.members[at]!.share(batch, jobs, indices, options, places)],
      )
    let code: number | undefined
    try {
      for (let index = 0; index < jobs.length && code === undefined; index++)
        code = this.#reserveOne(index, options, taken)
      if (code === undefined) return shares()
    } finally {
      // A strategy that is a function may have thrown.
      if (code !== undefined || taken.reduce((sum, { indices }) => sum + indices.length, 0) < jobs.length) {
        for (const share of shares()) share.giveBack()
      }
    }
    return code
  }

  /** Reserves a place for one more job. Gives a refusal if no pool has one. */
  #reserveOne(
    job: number,
    options: O,
    taken: readonly { places: Places | undefined; indices: number[] }[],
  ): number | undefined {
    const offer = (at: number, mode: Offer): number | undefined => {
      const own = taken[at]!
      const places = this.members[at]!.reservePlaces(1, options, mode, own.places)
      if (typeof places === 'number') {
        this.#codes[at] = places
        if (!isFinal(places)) return undefined
        this.#refuser = this.members[at]
        return places
      }
      own.places = places
      own.indices.push(job)
      return 0
    }
    const named = this.naming.name()
    const answer = offer(named, Offer.atOnce) ?? this.#ask(named, Offer.normal, offer) ?? this.#countRefusal()
    return answer === 0 ? undefined : answer
  }

  /**
   * Asks for a job that the pool named for it could not take at once: all others, whether they can, then the named one
   * to let it wait, then all others to. Gives the first answer; `undefined` if there is none.
   */
  #ask<T>(named: number, mode: Offer, offer: (index: number, mode: Offer) => T | undefined): T | undefined {
    // No code of the user runs before one has taken the task, so the order holds.
    const order = this.naming.byTasks()
    const answer = this.#askOthers(named, order, Offer.atOnce, offer)
    if (answer !== undefined || mode === Offer.atOnce) return answer
    return offer(named, Offer.uncounted) ?? this.#askOthers(named, order, Offer.uncounted, offer)
  }

  #askOthers<T>(
    named: number,
    order: readonly number[],
    mode: Offer,
    offer: (index: number, mode: Offer) => T | undefined,
  ): T | undefined {
    for (const index of order) {
      if (index === named) continue
      const answer = offer(index, mode)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  /** Counts a job that no pool takes. Gives what all open pools said alike; an overload, if they did not. */
  #countRefusal(): Refusal {
    const codes = new Set(this.#codes)
    codes.delete(Refusal.closed)
    const [first = Refusal.closed] = codes
    const common = codes.size > 1 ? Refusal.overload : first
    this.#refused[common === Refusal.closed ? 'closed' : reasonOf(common)]++
    return common
  }

  refusal(code: number, job: J): Error {
    if (isFinal(code)) return this.#refuser!.refusal(code, job)
    if (code === Refusal.closed) return new PoolClosedError(this.name, 'all pools are closed')
    const strain = { waiting: this.stat(Stat.waiting), capacity: this.stat(Stat.capacity) }
    return new PoolOverloadError(this.name, reasonOf(code), {
      ...strain,
      retryAfter: leastRetryAfter(this.members, this.#codes),
    })
  }

  // ── vacancy ─────────────────────────────────────────────────────────────────────────────────────────────────────

  hasVacancy(): boolean {
    return this.members.some((member) => member.hasVacancy())
  }

  /** Rejects when all pools are closed. */
  async vacancy(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw signal.reason
    // Whoever is not the first to be told takes the question back.
    const controller = new AbortController()
    const abort = (): void => controller.abort(signal!.reason)
    signal?.addEventListener('abort', abort)
    try {
      await this.#anyVacancy(relayOf(controller.signal))
    } catch {
      // All have refused: they are closed, or the signal has aborted.
      throw signal?.aborted ? signal.reason : new PoolClosedError(this.name, 'all pools are closed')
    } finally {
      signal?.removeEventListener('abort', abort)
      controller.abort()
    }
  }

  /** Resolves with the first one that has a vacancy; rejects once none is left that may get one. */
  #anyVacancy(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const pending = new Set(this.members)
      for (const member of this.members) {
        const refused = (error: unknown): void => {
          pending.delete(member)
          if (pending.size === 0) reject(error)
        }
        follow(member.vacancy(signal), resolve, refused)
      }
    })
  }

  /** Told by the first pool that has a vacancy, refused once all pools have refused. */
  awaitTurn(wait: VacancyWait, told: () => void, refused: (error: unknown) => void): () => void {
    let isOver = false
    let pending = this.members.length
    /** Of a pool that is not closed. */
    let failure: unknown
    const end = (): void => {
      isOver = true
      for (const takeBack of takeBacks) takeBack()
    }
    const isTold = (): void => {
      // The turn of one that was told at the same time is over unused.
      if (isOver) return
      end()
      told()
    }
    const isRefused = (error: unknown): void => {
      if (isOver) return
      if (!(error instanceof PoolClosedError)) failure ??= error
      if (--pending > 0) return
      isOver = true
      refused(failure ?? new PoolClosedError(this.name, 'all pools are closed'))
    }
    const takeBacks = this.members.map((member) => member.awaitTurn(wait, isTold, isRefused))
    return end
  }

  // ── state and verbs ─────────────────────────────────────────────────────────────────────────────────────────────

  stat(stat: Stat): number {
    let total = 0
    for (const member of this.members) total += member.stat(stat)
    return total
  }

  isClosed(): boolean {
    return this.members.every((member) => member.isClosed())
  }

  override stats(): PoolStats {
    return statsOfAll(this.name, this.handles, this.#refused)
  }

  capacity(): number {
    let total = 0
    for (const member of this.members) total += member.capacity()
    return total
  }

  /** The pools are of one kind. */
  checkSize(size: unknown): number {
    return this.members[0]!.checkSize(size)
  }

  assertPossible(options: JobOptions): void {
    for (const member of this.members) member.assertPossible(options)
  }

  /** Nothing takes tasks, but for a pause. */
  isPaused(): boolean {
    const isAny = this.members.some((member) => member.isPaused())
    return isAny && this.members.every((member) => member.isPaused() || member.isClosed())
  }

  pause(): void {
    for (const member of this.members) member.pause()
  }

  resume(): void {
    for (const member of this.members) member.resume()
  }

  clear(): number {
    let cleared = 0
    for (const member of this.members) cleared += member.clear()
    return cleared
  }

  inspect(): Seen {
    return seeAll(this.members)
  }

  checkChange(change: unknown): Change {
    const checked = this.members[0]!.readChange(change)
    for (const member of this.members) member.assertAgrees(checked)
    return checked
  }

  configure(change: Change, why?: string): void {
    for (const member of this.members) member.configure(change, why)
  }

  release(): void {
    for (const member of this.members) member.release()
  }

  releaseTimeout(ms: number): Promise<void> {
    return this.#onAll('could not be released in time', (member) => member.releaseTimeout(ms))
  }

  close(options: CloseOptions): Promise<void> {
    return this.#onAll('could not be closed in time', (member) => member.close(options))
  }

  leave(): Promise<void> {
    return this.#onAll('could not be left', (member) => member.leave())
  }

  async drain(): Promise<void> {
    do {
      await this.#onAll('could not be drained', (member) => member.drain())
      // A task that ended last in its pool may have submitted to one that was drained before.
    } while (this.stat(Stat.busy) + this.stat(Stat.waiting) > 0)
  }

  async ready(): Promise<void> {
    const pending = this.members.map((member) => member.ready())
    for (const each of pending) markHandled(each)
    for (const each of pending) await each
  }

  reboot(): void {
    const errors: unknown[] = []
    const wasOpen = !this.members.some((member) => member.isClosed())
    for (const [index, member] of this.members.entries()) {
      try {
        member.reboot()
      } catch (error) {
        errors.push(Object.assign(error as Error, { index }))
      }
    }
    if (!wasOpen) this.naming.restart()
    this.#throwAll('could not be rebooted', errors)
  }

  /** Acts on all pools in parallel, and waits for all, also if some fail. */
  async #onAll(what: string, act: (member: H) => Promise<void>): Promise<void> {
    const errors: unknown[] = []
    // All are asked before one is waited for.
    const endings = this.members.map(act)
    for (const ending of endings) markHandled(ending)
    for (const [index, ending] of endings.entries()) {
      try {
        await ending
      } catch (error) {
        // What pools reject these verbs with is made for the call, so it may be given its index.
        errors.push(Object.assign(error as Error, { index }))
      }
    }
    this.#throwAll(what, errors)
  }

  #throwAll(what: string, errors: readonly unknown[]): void {
    if (errors.length === 0) return
    const pools = `${errors.length} of ${this.members.length} pools`
    throw new AggregateError(errors, `${pools} ${what} (pool "${this.name}")`)
  }
}
