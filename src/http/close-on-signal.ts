import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'

import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { follow } from '../base/follow.js'
import { Promise, clearTimeout, monotonicNow, process, setTimeout } from '../base/intrinsics.js'
import { type Logger, consoleLogger } from '../base/logger.js'
import { throwLater } from '../base/uncaught.js'
import { type Check, MS, functionOf, logger, milliseconds, ms, reader } from '../options/checks.js'
import type { AnyPool } from '../pool/any-pool.js'
import { closeInOrder } from './close-in-order.js'

/** Options of `closeOnSignal`. */
export interface CloseOnSignalOptions {
  /** The signals that are listened to. Default `['SIGTERM', 'SIGINT']`. */
  signals?: readonly NodeJS.Signals[] | undefined
  /**
   * How long all may take, in ms from the signal, `before` included. What still waits then rejects, and what runs is
   * aborted. From 0 to 2³¹ − 1. Default 10,000.
   */
  timeout?: number | undefined
  /**
   * Is called first, and awaited: to have the server take no more requests, for example. The pools are open meanwhile. If
   * it fails, that is logged, and the pools are closed all the same.
   */
  before?: ((signal: NodeJS.Signals) => unknown) | undefined
  /** Is told of what fails, by `error`. Default: the console. */
  logger?: Logger | undefined
}

/** How the pools were closed. */
export interface ClosedOnSignal {
  /** The first one. */
  readonly signal: NodeJS.Signals
  /** What `before` has failed with, and a `ReleaseTimeoutError` for each pool whose tasks had not ended in time. */
  readonly errors: readonly unknown[]
}

/** What `closeOnSignal` gives. */
export interface ClosingOnSignal extends Disposable {
  /** Resolves when the pools have been closed after a signal. It never rejects. */
  readonly closed: Promise<ClosedOnSignal>
  /** Stops listening. If a signal has come, the pools are closed all the same. */
  stop(): void
}

interface Settings {
  readonly pools: readonly AnyPool[] | (() => Iterable<AnyPool>)
  readonly timeout: number
  readonly before: CloseOnSignalOptions['before']
  readonly logger: Logger
}

const DEFAULT_TIMEOUT = 10_000

const read = reader('the options of closeOnSignal', {
  signals: ((value) => {
    if (!Array.isArray(value)) throw wrongType('signals', value, 'an array of signals')
    if (value.length === 0) throw outOfRange('signals', value, 'an array of at least one signal')
    for (const signal of value) {
      if (!Object.hasOwn(constants.signals, signal)) throw outOfRange('signals', signal, 'names of signals')
    }
    return value as NodeJS.Signals[]
  }) as (value: unknown) => NodeJS.Signals[],
  timeout: milliseconds(ms, MS),
  before: functionOf as Check<NonNullable<CloseOnSignalOptions['before']>>,
  logger,
})

/** The pools, as they are at the signal or now. */
function poolsOf(pools: unknown): readonly AnyPool[] {
  const given = typeof pools === 'function' ? (pools as () => unknown)() : pools
  if (typeof given !== 'object' || typeof (given as Iterable<unknown> | null)?.[Symbol.iterator] !== 'function') {
    throw wrongType('pools', given, 'an iterable of pools, or a function that gives one')
  }
  const all = [...(given as Iterable<AnyPool>)]
  for (const pool of all) if (typeof pool?.close !== 'function') throw wrongType('pools', pool, 'an iterable of pools')
  return all
}

/**
 * Closes pools when the process is told to end. At the first signal `before` is called, and then the pools are closed,
 * one after the other: each takes no more work, and runs what it has accepted. So a pool whose tasks submit to another
 * one stands before it. When `timeout` is up, what waits rejects and what runs is aborted, with `PoolClosedError`.
 *
 * It does not exit the process, which ends as ever when nothing is left to do; so close the server, too. At the second
 * signal everything is aborted at once, and the process ends as it would without a listener, unless somebody else
 * listens to that signal.
 *
 * ```js
 * import { createServer } from 'node:http'
 * import { closeOnSignal } from 'workpool/http'
 *
 * const pool = Pool.create({ size: 10 })
 * const server = createServer().listen(8080)
 * closeOnSignal([pool], {
 *   timeout: 20_000,
 *   before: () => server.close(), // no new connections
 * })
 * ```
 *
 * @param pools the pools, in the order in which they are closed; or a function that gives them at the signal, as `pools` of
 *   `workpool` does
 * @throws TypeError, RangeError with code `ERR_POOL_OPTION`; also in a worker thread, which no signal reaches
 */
export function closeOnSignal(
  pools: Iterable<AnyPool> | (() => Iterable<AnyPool>),
  options?: CloseOnSignalOptions,
): ClosingOnSignal {
  const checked = read(options) as CloseOnSignalOptions
  const { signals = ['SIGTERM', 'SIGINT'], timeout = DEFAULT_TIMEOUT, before, logger = consoleLogger } = checked
  if (!isMainThread) throw misuse('closeOnSignal has to be called in the main thread: signals reach no other')
  const given = typeof pools === 'function' ? pools : poolsOf(pools)
  const settings: Settings = { pools: given, timeout, before, logger }

  let told!: (how: ClosedOnSignal) => void
  const closed = new Promise<ClosedOnSignal>((resolve) => (told = resolve))
  let closing: Closing | undefined
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, listener)
  }
  const ended = (how: ClosedOnSignal): void => {
    stop()
    told(how)
  }
  function listener(signal: NodeJS.Signals): void {
    if (closing === undefined) {
      closing = new Closing(settings)
      follow(closing.run(signal), ended, throwLater)
      return
    }
    stop()
    closing.hurry()
    // With no listener left, the signal does what it would have done.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  try {
    for (const signal of signals) process.on(signal, listener)
  } catch (cause) {
    stop()
    throw Object.assign(misuse(`no listener is possible for one of ${signals.join(', ')}`), { cause })
  }
  return { closed, stop, [Symbol.dispose]: stop }
}

/** One closing, from its signal on. */
class Closing {
  readonly #settings: Settings
  readonly #endsAt: number
  readonly #errors: unknown[] = []
  /** Resolves when somebody cannot wait. */
  readonly #hurried: Promise<void>
  /** No more is waited for. */
  hurry!: () => void

  constructor(settings: Settings) {
    this.#settings = settings
    this.#endsAt = monotonicNow() + settings.timeout
    this.#hurried = new Promise((resolve) => (this.hurry = resolve))
  }

  async run(signal: NodeJS.Signals): Promise<ClosedOnSignal> {
    const { pools, before } = this.#settings
    if (before !== undefined) await this.#first(async () => before(signal))
    try {
      const left = poolsOf(pools)
      for (const error of await closeInOrder(left, this.#endsAt, this.#hurried)) {
        this.#failed(error, 'a pool was not closed in time')
      }
    } catch (error) {
      this.#failed(error, 'the pools could not be listed')
    }
    return { signal, errors: this.#errors }
  }

  /** The timer also keeps the process alive, which may have nothing else to do before the pools are closed. */
  async #first(before: () => Promise<unknown>): Promise<void> {
    const { timeout } = this.#settings
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`before had not ended after ${timeout} ms`)), timeout)
    })
    try {
      await Promise.race([before(), late, this.#hurried])
    } catch (error) {
      this.#failed(error, 'what was to be done before the pools are closed has failed')
    } finally {
      clearTimeout(timer)
    }
  }

  #failed(error: unknown, message: string): void {
    this.#errors.push(error)
    this.#settings.logger.error({ err: error }, message)
  }
}
