/** Starts, watches and ends the threads of one pool, in the isolate that owns them. */
import { pathToFileURL } from 'node:url'
import {
  MessageChannel,
  type MessagePort,
  type TransferListItem,
  Worker,
  type WorkerOptions,
  receiveMessageOnPort,
} from 'node:worker_threads'

import { clearTimeout, monotonicNow, setTimeout } from '../../base/intrinsics.js'
import { addonFile } from '../../native/addon.js'
import { isolate, native } from '../../native/binding.js'
import { LEAVE_EXTERNAL, THREAD_ENTRY, isBundled } from '../../native/bundled.js'
import { NoThreadError, TaskTimeoutError, misuse } from '../../base/errors.js'
import { isBlockedFor, whileBlocked } from '../../native/isolate.js'
import { Numbering } from '../../base/numbering.js'
import type { ErrorDescription } from '../../wire/payload/index.js'
import { rare } from '../../wire/rarely.js'
import { isNode } from '../../base/runtime.js'
import { StickyLimit } from '../broadcast/sticky-limit.js'
import { type PortArgument, discard } from './port-argument.js'
import { hasBegun, isOpen } from './liveness.js'
import { checkMade } from './made-worker.js'
import type { Member, ThreadEvents } from './member.js'
import { type Assignment, type Order, type Report, SERIALS, countOf, nextCount, tokenOf } from '../messages.js'
import type { ThreadSettings } from '../../options/thread-options.js'
import { afterPrints } from './after-prints.js'
import { PortValues, type Taker } from './port-values.js'
import { Retries } from './retries.js'
import { tellEnded, tellRecycled, tellStarted } from './tell-thread.js'

/**
 * How long a thread that is to end may take to send what it has printed, in ms. A thread that does not answer in that
 * time is busy with something else.
 */
const FLUSH_MS = 1_000

/**
 * How long the system may take to let a thread begin, in ms, while this isolate is blocked and Node cannot say that the
 * thread never will.
 */
const BEGIN_MS = 5_000

/**
 * How long a thread then has to import 'workpool/worker', in ms, if it might never do so: its limits may be too narrow
 * for Node itself, or it runs another file.
 */
const ENTER_MS = 10_000

/**
 * How long a file that `createWorker` has chosen may take to import 'workpool/worker', in ms. It should do so before
 * anything else.
 */
const IMPORT_MS = 5_000

/** The file that threads begin with: it imports 'workpool/worker'. */
const ENTRY = pathToFileURL(THREAD_ENTRY)

export class Threads {
  readonly #settings: ThreadSettings
  readonly #events: ThreadEvents
  /** The number by which threads find the pool. */
  readonly #number: number
  readonly #members = new Map<number, Member>()
  readonly #values = new PortValues(() => {
    for (const member of this.#members.values()) this.#hearAll(member)
  })
  readonly #retries = new Retries()
  /** Threads whose end this isolate would not hear of if it were blocked now, or has not heard of. */
  readonly #unsure = new Set<Member>()
  /** Threads that are ended while they load. They are not started again. */
  readonly #isEnding = new Set<number>()
  readonly #serials = new Numbering(SERIALS)
  /** What only a message port brings of broadcasts, by the name under which they are sticky. */
  readonly #stickyArguments = new Map<string, PortArgument>()

  constructor(handle: number, settings: ThreadSettings, events: ThreadEvents) {
    this.#settings = settings
    this.#events = events
    this.#number = native.announce(isolate, handle)
  }

  /** Starts a thread. If that is impossible, the attempt or the thread finds out why. */
  start(worker: number, attempt = 0): void {
    const { port1: control, port2 } = new MessageChannel()
    const serial = this.#newSerial()
    let thread: Worker
    try {
      // Somebody has to end a thread that does not heed an abort.
      const reason = native.untimely()
      if (reason !== null) throw new NoThreadError(this.#settings.name, reason)
      thread = this.#create(worker, serial, port2)
    } catch (error) {
      control.close()
      this.#events.startFailed(worker, this.#describe(error))
      return
    }
    const member: Member = {
      worker,
      thread,
      threadId: thread.threadId,
      serial,
      nextValue: 0,
      control,
      startedAt: monotonicNow(),
      hasEntered: false,
      hasLoaded: false,
      isDead: false,
      isRetiring: false,
      isKilled: false,
      unloadable: undefined,
      cause: undefined,
      exitCode: undefined,
      end: undefined,
      stickyLimit: new StickyLimit(),
      signs: undefined,
      attempt,
    }
    this.#members.set(worker, member)
    this.#beUnsure(member)
    control.on('message', (report: Report) => this.#hear(member, report))
    control.on('messageerror', (error: unknown) => this.#mishear(member, error))
    // Tasks keep the process alive, threads do not.
    control.unref()
    thread.unref()
    thread.on('error', (error) => {
      member.cause = error
    })
    if (this.#settings.createWorker !== undefined) thread.on('online', () => this.#expect(member))
    thread.on('exit', (code) => this.#ended(member, code))
  }

  /** A serial of which there is no thread and no value. */
  #newSerial(): number {
    const inUse = new Set(this.#values.serials())
    for (const { serial } of this.#members.values()) inUse.add(serial)
    return this.#serials.next((serial) => inUse.has(serial))
  }

  #create(worker: number, serial: number, control: MessagePort): Worker {
    const { name, filename, carry, recycle, workerData, createWorker } = this.#settings
    const assignment: Assignment = {
      workpool: { core: addonFile, pool: this.#number, worker, serial, name, filename, carry, recycle, control },
      workerData,
    }
    const options: WorkerOptions = {
      name: `${name} ${worker}`,
      ...this.#settings.worker,
      workerData: assignment,
      transferList: [control],
    }
    if (createWorker !== undefined) return checkMade(createWorker(ENTRY, options), control)
    if (isBundled()) {
      throw misuse(
        `the code of workpool is part of a bundle, where the file that threads begin with is missing (${THREAD_ENTRY}). ${LEAVE_EXTERNAL}`,
      )
    }
    return new Worker(ENTRY, options)
  }

  #hear(member: Member, report: Report): void {
    if (report.kind === 'entered') member.hasEntered = true
    else if (report.kind === 'sticky') {
      const { name, timeout, isAwaited } = report
      member.stickyLimit.begin(timeout, () => {
        const error = new TaskTimeoutError(this.#settings.name, timeout, name)
        this.#endUnloadable(member, this.#describe(error))
      })
      if (isAwaited) this.sendArgument(member.worker, this.#stickyArguments.get(name))
    } else if (report.kind === 'loaded') {
      member.stickyLimit.end()
      member.hasLoaded = true
      tellStarted(this.#settings.name, member)
      this.#events.loaded()
      // From now on the core reports the end of the thread.
      if (!member.isDead) this.#beSure(member)
    } else if (report.kind === 'unloadable') {
      member.stickyLimit.end()
      this.#endUnloadable(member, report.error)
    } else if (report.kind === 'exit') member.exitCode = report.code
    else if (report.kind === 'flushed') member.end?.()
    else if (report.kind === 'recycled') tellRecycled(this.#settings.name, member, report)
    else if (report.kind === 'vain') this.#values.drop(report.token)
    else {
      member.nextValue = nextCount(countOf(report.token))
      this.#values.came(report.token, report.value)
    }
  }

  /** A message cannot be read back. Only a value of the user can be like that. */
  #mishear(member: Member, error: unknown): void {
    if (member.hasLoaded) {
      this.#values.cameUnreadable(tokenOf(member.serial, member.nextValue), error)
      member.nextValue = nextCount(member.nextValue)
    } else {
      this.#endUnloadable(member, this.#describe(error))
    }
  }

  #hearAll(member: Member): void {
    for (;;) {
      try {
        const got = receiveMessageOnPort(member.control) as { message: Report } | undefined
        if (got === undefined) return
        this.#hear(member, got.message)
      } catch (error) {
        this.#mishear(member, error)
      }
    }
  }

  #beUnsure(member: Member): void {
    this.#unsure.add(member)
    whileBlocked.add(this.#lookAfter)
  }

  #beSure(member: Member): void {
    this.#unsure.delete(member)
    if (this.#unsure.size === 0) whileBlocked.delete(this.#lookAfter)
  }

  /** Finds out, while this isolate is blocked, which threads have ended. */
  readonly #lookAfter = (): void => {
    if (!isBlockedFor(this.#settings.name)) return
    for (const member of this.#unsure) {
      this.#hearAll(member)
      if (member.isDead || (isNode && !member.hasLoaded && !isOpen(member.control))) {
        this.#ended(member, member.exitCode ?? 1)
      } else if (!member.hasEntered && this.#isHopeless(member)) {
        this.#giveUpOn(member)
        this.#ended(member, 1)
      }
    }
  }

  /** The thread runs a file of the user's own, which has to import 'workpool/worker' soon. */
  #expect(member: Member): void {
    const timer = setTimeout(() => {
      this.#hearAll(member)
      if (!member.hasEntered) this.#giveUpOn(member)
    }, IMPORT_MS).unref()
    member.thread.on('exit', () => clearTimeout(timer))
  }

  /** Whether a thread that has not imported 'workpool/worker' never will, as far as a blocked owner can tell. */
  #isHopeless({ thread, startedAt }: Member): boolean {
    const age = monotonicNow() - startedAt
    if (age >= BEGIN_MS && !hasBegun(thread)) return true
    const { worker, createWorker } = this.#settings
    return age >= ENTER_MS && (createWorker !== undefined || worker.resourceLimits !== undefined)
  }

  /** Ends it. */
  #giveUpOn(member: Member): void {
    const how = hasBegun(member.thread) ? "has not imported 'workpool/worker'" : 'was not begun by the system'
    member.unloadable = this.#describe(new Error(`the thread ${how} in time`))
    void member.thread.terminate()
  }

  #ended(member: Member, exitCode: number): void {
    const { worker } = member
    // The end was reported before, while the owner was blocked.
    if (this.#members.get(worker) !== member) return
    this.#hearAll(member)
    member.end?.()
    member.stickyLimit.end()
    member.control.close()
    this.#members.delete(worker)
    this.#beSure(member)
    // A thread has ended while this isolate was blocked. What it has printed is still to be read.
    afterPrints(() => {})
    this.#events.ended()
    this.#conclude(member, exitCode)
    // Everything that the thread has reported is known by now, so nobody will ask for what is left.
    this.#values.dropAllOf(member.serial)
  }

  /** Says how a thread has ended. */
  #conclude(member: Member, exitCode: number): void {
    const { worker, attempt } = member
    tellEnded(this.#settings.name, member, exitCode)
    const isEnding = this.#isEnding.delete(worker)
    if (member.isRetiring) this.#events.retired(worker)
    else if (member.hasLoaded) {
      this.#events.crashed(worker, exitCode, member.cause === undefined ? undefined : this.#describe(member.cause))
    } else if (member.unloadable !== undefined) {
      this.#events.startFailed(worker, member.unloadable)
    } else if (isEnding) {
      // Nobody wants it any more.
      this.#events.startFailed(worker, undefined)
    } else if (!this.#retries.later(worker, attempt, () => this.start(worker, attempt + 1))) {
      const where = member.hasEntered ? '' : ", before it had imported 'workpool/worker'"
      const cause = member.cause ?? new Error(`the thread ended with exit code ${exitCode}${where}`)
      this.#events.startFailed(worker, this.#describe(cause))
    }
  }

  readonly member = (worker: number): Member | undefined => this.#members.get(worker)

  #describe(cause: unknown): ErrorDescription {
    return rare().describeError(cause, `at the end of a thread (pool ${this.#settings.name})`)
  }

  /** Ends a thread that has no task. */
  retire(worker: number): void {
    const member = this.#members.get(worker)
    // The thread has died meanwhile, and that has been reported.
    if (member === undefined) return
    member.isRetiring = true
    const end = this.#endFlushed(member)
    this.#hearAll(member)
    if (member.hasLoaded) member.control.postMessage('retire' satisfies Order)
    else end()
  }

  /** Ends a thread that cannot load its module: what the module has begun, such as a timer, would keep the thread for ever. */
  #endUnloadable(member: Member, cause: ErrorDescription): void {
    member.unloadable = cause
    this.#endFlushed(member)
  }

  /** Ends a thread once it has sent what it has printed, as Node would forget that. Gives what ends it at once. */
  #endFlushed(member: Member): () => void {
    if (member.end !== undefined) return member.end
    const end = (): void => {
      clearTimeout(timer)
      whileBlocked.delete(end)
      void member.thread.terminate()
    }
    const timer = setTimeout(end, FLUSH_MS).unref()
    // Then this isolate takes nothing that is printed.
    whileBlocked.add(end)
    return (member.end = end)
  }

  /** Ends a thread, whatever it does. */
  kill(worker: number): void {
    const member = this.#members.get(worker)
    if (member !== undefined) {
      member.isKilled = true
      this.#hearAll(member)
      if (!member.hasLoaded) this.#isEnding.add(worker)
      void member.thread.terminate()
    } else if (this.#retries.giveUp(worker)) {
      this.#events.startFailed(worker, undefined)
    }
  }

  /** The core says that a thread is dead. Node would say so by an event, for which a blocked event loop has no time. */
  died(worker: number, serial: number): void {
    const member = this.#members.get(worker)
    // The death has been found out before, and the worker is another thread by now.
    if (member?.serial !== serial) return
    member.isDead = true
    this.#beUnsure(member)
    this.#lookAfter()
  }

  /**
   * Gives a thread the argument for which it has asked, if there is one. A thread that is gone does not hear it, and
   * its end is reported.
   */
  sendArgument(worker: number, portArgument: PortArgument | undefined): void {
    const control = this.#members.get(worker)?.control
    if (control === undefined) {
      if (portArgument !== undefined) discard(portArgument)
      return
    }
    const send = (order: Order, moved: readonly TransferListItem[] = []) => control.postMessage(order, [...moved])
    if (portArgument === undefined) return send({ kind: 'none' })
    if (portArgument.port !== undefined) return send({ kind: 'port', port: portArgument.port }, [portArgument.port])
    try {
      send({ kind: 'argument', argument: portArgument.argument }, portArgument.moved)
    } catch (error) {
      // Otherwise the thread would wait for the argument for ever.
      send({ kind: 'failed', error: rare().describeError(error, `at a call (pool ${this.#settings.name})`) })
    }
  }

  /** Keeps what only a message port brings of a broadcast, for threads that start later. */
  stick(name: string, portArgument: PortArgument | undefined): void {
    if (portArgument === undefined) this.#stickyArguments.delete(name)
    else this.#stickyArguments.set(name, portArgument)
  }

  /** Gives what a thread has sent under this token, before it reported the end of the task. */
  take(token: number, taker: Taker): void {
    this.#values.take(token, taker)
  }
}
