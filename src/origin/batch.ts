import { Promise, rejectedPromise } from '../base/intrinsics.js'
import { heed, isAnyAborting } from '../base/relay.js'
import { SLICE, inSlices } from '../base/slices.js'
import { carryOut, hasCommands } from '../native/isolate.js'
import { capture, captured, forgetCaptured } from './captured.js'
import type { Resolve } from './task.js'

/** What one pool takes of a batch: it has reserved a place for each of these jobs. */
export interface Share {
  /** Makes everything ready that may fail. Code of the user may run, and whatever it throws, nothing is submitted. */
  prepare(): void
  /** Hands the jobs in. If their places are gone the batch fails. No code of the user runs. */
  handIn(): void
  /** Starts what has a worker. */
  start(): void
  giveBack(): void
  /** Aborts some of the tasks that are left, from the first one on. Returns whether there are none any more. */
  abortSome(most: number, reason: unknown): boolean
}

/** The jobs of a batch: a list of them, or what is one for a kind of pool. */
export interface Jobs {
  readonly length: number
}

/** Who reserves places: one pool, or several. */
export interface Reserver<J, O, L extends Jobs> {
  readonly name: string
  reserve(jobs: L, options: O, batch: Batch): readonly Share[] | number
  /** Any job of a batch. */
  anyOf(jobs: L): J
  refusal(code: number, job: J): Error
}

/** The tasks of one call that succeed or fail together: their results, by place, and the first failure. */
export class Batch {
  readonly promise: Promise<unknown[]>
  /** All results are there, or one task has failed. */
  isOver = false
  /** What one task has failed with. */
  reason: unknown
  /** Those that have handed in tasks. */
  readonly shares: Share[] = []
  readonly #results: unknown[]
  readonly #resolve: Resolve
  readonly #reject: Resolve
  readonly #signal: AbortSignal | undefined
  #left: number

  /** Listens to the signal, which may throw. */
  constructor(size: number, signal: AbortSignal | undefined) {
    this.promise = new Promise<unknown>(capture) as Promise<unknown[]>
    this.#resolve = captured.resolve
    this.#reject = captured.reject
    forgetCaptured()
    this.#left = size
    // oxlint-disable-next-line unicorn/no-new-array -- any other way writes each element twice
    this.#results = new Array<unknown>(size)
    this.#signal = signal
    signal?.addEventListener('abort', this.#aborted)
  }

  readonly #aborted = (): void => this.failed(this.#signal!.reason)

  /** The signal may have aborted, and the turn of this batch, one of very many, may not have come. */
  heed(): void {
    if (this.#signal !== undefined && isAnyAborting()) heed(this.#signal, this.#aborted)
  }

  completed(index: number, result: unknown): void {
    this.heed()
    if (this.isOver) return
    this.#results[index] = result
    if (--this.#left > 0) return
    this.end()
    this.#resolve(this.#results)
  }

  /** Rejects at once, and aborts the others: very many of them in slices. */
  failed(error: unknown): void {
    if (this.isOver) return
    this.end()
    this.reason = error
    this.#results.length = 0
    this.#reject(error)
    for (const share of this.shares) inSlices(() => share.abortSome(SLICE, error))
  }

  /** Nothing follows, whatever becomes of the tasks. */
  end(): void {
    this.isOver = true
    this.#signal?.removeEventListener('abort', this.#aborted)
  }
}

/** What this needs of the options of a batch. */
interface BatchOptions {
  readonly signal?: AbortSignal
  readonly tracedBatch?: { refuse(error: unknown): void }
}

/** Submits all jobs, of which there are some, or none of them. Throws what goes wrong before they are submitted. */
export function submitTogether<J, O extends BatchOptions, L extends Jobs>(
  origin: Reserver<J, O, L>,
  jobs: L,
  options: O,
): Promise<unknown[]> {
  const batch = new Batch(jobs.length, options.signal)
  let shares: readonly Share[] = []
  let isReady = false
  try {
    const reserved = origin.reserve(jobs, options, batch)
    if (typeof reserved === 'number') {
      const error = origin.refusal(reserved, origin.anyOf(jobs))
      options.tracedBatch?.refuse(error)
      return rejectedPromise(error)
    }
    shares = reserved
    for (const share of shares) share.prepare()
    isReady = true
  } finally {
    if (!isReady) {
      batch.end()
      giveBack(shares)
    }
  }
  // Code of the user may have run.
  if (batch.isOver) giveBack(shares)
  for (const share of shares) {
    if (batch.isOver) {
      share.giveBack()
      continue
    }
    batch.shares.push(share)
    share.handIn()
  }
  for (const share of shares) share.start()
  if (hasCommands()) carryOut()
  return batch.promise
}

function giveBack(shares: readonly Share[]): void {
  for (const share of shares) share.giveBack()
  if (hasCommands()) carryOut()
}
