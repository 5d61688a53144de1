import { PoolClosedError } from '../base/errors.js'
import { GroupTimeoutError } from '../base/result-errors.js'
import { markHandled } from '../base/follow.js'
import {
  AbortController,
  DOMException,
  Promise,
  Set,
  clearTimeout,
  monotonicNow,
  rejectedPromise,
  setTimeout,
} from '../base/intrinsics.js'
import { SLICE, inSlices } from '../base/slices.js'
import type { GroupChecked } from '../options/group-options.js'
import { Followed } from '../origin/followed.js'
import { GroupTag } from '../origin/group-tag.js'
import type { JobOptions, Origin } from '../origin/origin.js'
import { submitFollowed } from '../origin/submit-followed.js'
import { Results } from './outcome.js'

/** A task of a group. */
class Member extends Followed {
  readonly #scope: Scope

  constructor(
    scope: Scope,
    group: GroupTag,
    readonly index: number,
  ) {
    super(group)
    this.#scope = scope
  }

  override heed(): void {
    this.#scope.heed(this)
  }

  protected override succeeded(value: unknown): void {
    this.#scope.ended(this, { status: 'fulfilled', value })
  }

  protected override failed(reason: unknown): void {
    this.#scope.ended(this, { status: 'rejected', reason })
  }
}

/** Who has aborted a group. */
type Aborter = 'task' | 'time' | 'signal' | 'caller' | 'block'

/** What a job is handed in with. */
interface Prepared<J, O> {
  readonly job: J
  readonly options: O
  readonly tag: unknown
}

/**
 * The tasks of a group, from the first one until the function of the last one has ended. What waits and runs is known
 * to the core, under the group's tag; here is what its tasks have come to, and who is to be aborted.
 */
export class Scope {
  readonly results: Results
  readonly #name: string
  readonly #options: GroupChecked
  readonly #tag: GroupTag
  readonly #startedAt = monotonicNow()
  /** Those that have not settled. */
  readonly #open = new Set<Member>()
  #controller: AbortController | undefined
  #aborted: { readonly reason: unknown; readonly by: Aborter } | undefined
  #joined: Promise<unknown> | undefined
  #disposed: Promise<void> | undefined
  /** No task is taken any more. */
  #hasEnded = false
  #isListening = false
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Called once nothing is open. */
  readonly #whenSettled = new Set<() => void>()

  constructor(
    /** Referenced, as a pool that nobody references is released. */
    readonly pool: object,
    name: string,
    options: GroupChecked,
  ) {
    this.#name = name
    this.#options = options
    this.#tag = new GroupTag(options.limit ?? 0)
    this.results = new Results(options.mode ?? 'all')
  }

  // ── submission ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Hands a job in; `prepare` throws if it is a bad one. Gives its promise, which is never an `unhandledRejection`. */
  submit<J, O extends JobOptions>(origin: Origin<J, O, any>, prepare: () => Prepared<J, O>): Promise<unknown> {
    let prepared: Prepared<J, O> | undefined
    let fault: unknown
    try {
      prepared = prepare()
      this.results.assertFree(prepared.tag)
    } catch (error) {
      fault = error
      prepared = undefined
    }
    if (this.#isOver()) {
      const refused = rejectedPromise(fault ?? new PoolClosedError(this.#name, 'the group has ended'))
      markHandled(refused)
      return refused
    }
    const member = new Member(this, this.#tag, this.results.add(prepared?.tag))
    this.#open.add(member)
    this.#look()
    if (prepared === undefined) {
      member.fail(fault)
    } else if (this.#aborted !== undefined) {
      member.endsBy('abort')
      member.fail(this.#aborted.reason)
    } else {
      submitFollowed(member, origin, prepared.job, prepared.options)
      // While it was handed in, code of the user may have run.
      this.heed(member)
    }
    return member.promise
  }

  /** Once somebody waits for the end, and the last function has ended, the group takes nothing any more. */
  #isOver(): boolean {
    const isAwaited = this.#joined !== undefined || this.#disposed !== undefined
    this.#hasEnded ||= isAwaited && this.#open.size === 0 && !this.#tag.isOpen()
    return this.#hasEnded
  }

  // ── ends ────────────────────────────────────────────────────────────────────────────────────────────────────────

  ended(member: Member, end: { status: 'fulfilled'; value: unknown } | { status: 'rejected'; reason: unknown }): void {
    this.#open.delete(member)
    const { waitMs, runMs } = member.times
    this.results.set(member.index, { ...end, waitMs, runMs }, this.#aborted)
    const verdict = this.#aborted === undefined ? this.results.verdict() : undefined
    if (verdict !== undefined) this.#abort(verdict.reason, 'task')
    this.#look()
    if (this.#open.size > 0) return
    for (const settled of this.#whenSettled) settled()
    this.#whenSettled.clear()
  }

  // ── abort ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** It is about to start or to end, and its turn to be aborted may not have come. */
  heed(member: Member): void {
    // One that is being handed in is aborted after that.
    if (this.#aborted !== undefined && !member.hasSettled) member.abort(this.#aborted.reason)
  }

  abort(reason: unknown): void {
    const controller = new AbortController()
    controller.abort(reason)
    this.#abort(controller.signal.reason, 'caller')
  }

  #abort(reason: unknown, by: Aborter): void {
    if (this.#aborted !== undefined) return
    this.#aborted = { reason, by }
    this.#look()
    // Very many in slices. What is about to start meanwhile heeds.
    const left = this.#open.values()
    inSlices(() => {
      for (let count = 0; count < SLICE; count++) {
        const { done, value } = left.next()
        if (done) return true
        this.heed(value)
      }
      return false
    })
    this.#controller?.abort(reason)
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      this.#look()
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason)
    }
    return this.#controller.signal
  }

  readonly #signalled = (): void => this.#abort(this.#options.signal!.reason, 'signal')

  /**
   * Listens to the signal and to the time while something could be aborted, and no longer: a group that nobody ends
   * leaves nothing behind.
   */
  #look(): void {
    const { signal, timeout } = this.#options
    const isDone = this.#open.size === 0 && (this.#joined !== undefined || this.#disposed !== undefined)
    const isNeeded = this.#aborted === undefined && (this.#open.size > 0 || (this.#controller !== undefined && !isDone))
    if (isNeeded === this.#isListening) return
    this.#isListening = isNeeded
    if (!isNeeded) {
      signal?.removeEventListener('abort', this.#signalled)
      clearTimeout(this.#timer)
      return
    }
    if (signal?.aborted) {
      this.#signalled()
      return
    }
    signal?.addEventListener('abort', this.#signalled)
    if (timeout === undefined) return
    const timeUp = (): void => {
      // A timer may be early by a part of a millisecond.
      const left = timeout - (monotonicNow() - this.#startedAt)
      if (left > 0) this.#wake(timeUp, left)
      else this.#abort(new GroupTimeoutError(this.#name, timeout), 'time')
    }
    if (this.#startedAt + timeout <= monotonicNow()) timeUp()
    else this.#wake(timeUp, this.#startedAt + timeout - monotonicNow())
  }

  #wake(callback: () => void, ms: number): void {
    this.#timer = setTimeout(callback, Math.ceil(ms))
    // Open tasks keep the process alive themselves.
    this.#timer.unref()
  }

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────

  join(): Promise<unknown> {
    return (this.#joined ??= this.#join())
  }

  async #join(): Promise<unknown> {
    await this.#settled()
    this.#look()
    return this.results.joined()
  }

  /** Until nothing is open. */
  async #settled(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => this.#whenSettled.add(resolve))
  }

  dispose(): Promise<void> {
    return (this.#disposed ??= this.#dispose(this.#joined !== undefined))
  }

  async #dispose(hasJoined: boolean): Promise<void> {
    const thrown = hasJoined ? undefined : this.results.thrown(this.#open.size)
    this.#abort(new DOMException('the block of the group has ended', 'AbortError'), 'block')
    do {
      await this.#settled()
      await this.#tag.whenOver()
    } while (this.#open.size > 0)
    this.#hasEnded = true
    this.#look()
    if (thrown !== undefined) throw thrown.error
  }
}
