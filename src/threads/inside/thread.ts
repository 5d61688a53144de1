/**
 * The side of a thread pool that is in the thread: it loads the task module, and then runs one task after the other.
 * The core answers the report of each end with the next task. When there is none, the thread goes back to its event
 * loop, where the core wakes it.
 */
import {
  type MessagePort,
  type Transferable as NodeTransferable,
  receiveMessageOnPort,
  threadId,
} from 'node:worker_threads'

import { follow, isThenable } from '../../base/follow.js'
import { Promise, process, queueMicrotask, resolvedPromise, setImmediate, then } from '../../base/intrinsics.js'
import { addonFile } from '../../native/addon.js'
import { Registers, Special, ValueFlag, ValueKind, Word } from '../../native/abi.js'
import { describe, isolate, native, numbers, words } from '../../native/binding.js'
import { hasPaused, serveAs, wake } from '../../native/isolate.js'
import { type ErrorDescription, Verdict, describeError, reviveError } from '../../wire/payload/index.js'
import { type Assignment, type Order, type Report, type TaskName, nextCount, tokenOf } from '../messages.js'
import type { CurrentTask } from './current-task.js'
import { type Awaited, Begun, type Callee, type Job, jobOf } from './job.js'
import { TaskFunctions, brief } from './task-functions.js'
import { sendPrints, trackPrints } from './printing.js'
import { loadTaskModule } from './task-module.js'
import type { Transferable } from '../../base/transferable.js'
import { isTransfer } from './transfer.js'
import {
  PORTLESS,
  SPREAD,
  decode,
  decodeAnswer,
  encode,
  pack,
  NAMED,
  sendWritten,
  surveyed,
  serialize,
} from '../../wire/values.js'

/**
 * `resolved.then(f)` calls `f` as a microtask. There is one such call per task, and `queueMicrotask` does a good deal
 * more.
 */
const resolved = resolvedPromise(undefined)

export class Thread {
  readonly #assignment: Assignment['workpool']
  /** Those of no module, until the module is loaded. */
  #functions: TaskFunctions
  /** The task whose function is being called. */
  #job: Job | undefined
  /** The tasks that have called `currentTask`. */
  readonly #begun = new Map<number, Begun>()
  /** Tasks that are to be called as soon as microtasks, or the event loop, have had their turn. */
  readonly #due: Job[] = []
  /** Tasks whose argument is to come by the message port, by number. */
  readonly #awaited = new Map<number, Awaited>()
  /**
   * The tasks whose argument has been asked for, in the order in which the answers come. If an answer cannot be read,
   * its place is all that is known of it.
   */
  readonly #asked: Awaited[] = []
  #ended = 0
  /** The count of the value that takes the message port next. */
  #nextValue = 0

  constructor(assignment: Assignment['workpool']) {
    this.#assignment = assignment
    this.#functions = new TaskFunctions(assignment.filename, {})
  }

  /** The thread is one of the pool. */
  enter(): void {
    this.#report({ kind: 'entered' })
  }

  async start(): Promise<void> {
    const { core, pool, worker, serial, control } = this.#assignment
    if (core !== addonFile) {
      const message = `the thread has begun with another copy of workpool than the pool has: ${addonFile} instead of ${core}`
      return this.#failToLoad(new Error(message))
    }
    if (!native.enter(isolate, pool, worker, serial)) return
    for (const stream of [process.stdout, process.stderr]) trackPrints(stream)
    try {
      const { filename } = this.#assignment
      this.#functions = new TaskFunctions(filename, await loadTaskModule(filename))
    } catch (error) {
      return this.#failToLoad(error)
    }
    native.exportNames(isolate, this.#functions.names)
    process.once('exit', (code) => this.#report({ kind: 'exit', code }))
    // This also keeps the event loop of the thread alive.
    control.on('message', (order: Order) => this.#obey(order))
    // Of all messages only an argument can be unreadable.
    control.on('messageerror', (error: unknown) => {
      this.#receive(() => {
        throw error
      })
    })
    serveAs({
      // It does not happen at once, as that would be inside the loop that carries out commands.
      take: () => queueMicrotask(() => this.#run(this.#inTurn(this.#take(native.next())))),
      abort: (task, stamp, ifSettled) => {
        const reason = reasonOf(native.detail())
        queueMicrotask(() => this.#abort({ task, stamp }, ifSettled, reason))
      },
    })
    sendPrints()
    this.#report({ kind: 'loaded' })
    this.#run(this.#take(native.started()))
  }

  /** The owner ends the thread once it has what has been printed. */
  #failToLoad(error: unknown): Promise<void> {
    sendPrints()
    this.#report({ kind: 'unloadable', error: describeError(error, this.#line('loading')) })
    return this.#flush()
  }

  /** The task that is being called. From its first `await` on nobody can tell which one it is. */
  get current(): CurrentTask | undefined {
    if (this.#job === undefined) return undefined
    return this.#begunTask(this.#job.task, this.#job)
  }

  #begunTask(task: number, callee: Callee): Begun {
    let begun = this.#begun.get(task)
    if (begun === undefined) this.#begun.set(task, (begun = new Begun(task, this.#functions.nameOf(callee))))
    return begun
  }

  #report(report: Report, transfer: readonly Transferable[] = []): void {
    this.#assignment.control.postMessage(report, [...transfer] as Transferable[] as NodeTransferable[])
  }

  #line(what: string): string {
    return `at ${what} (pool ${this.#assignment.name}, thread ${threadId})`
  }

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The task with which the core has answered. What the core says of the task is read at once, as the next call
   * overwrites it.
   */
  #take(answer: number): Job | undefined {
    for (let kind = answer; kind !== Special.none;) {
      if (kind === Special.other) {
        wake()
        // What is left is carried out after a turn of the event loop, and so are tasks that come meanwhile.
        if (hasPaused()) return undefined
      } else {
        const [task, exportCode] = [words[Word.task]!, words[Word.first]!]
        if ((kind & ValueFlag.mask) !== ValueKind.port) {
          try {
            return jobOf(task, exportCode, decode(kind, numbers[Registers.incoming]!, 0, words[Word.second]!))
          } catch (error) {
            // Other tasks must not suffer because this value cannot be read back, or because there is no memory for it.
            kind = this.#failed({ task, exportCode, name: undefined, argument: undefined }, error)
            continue
          }
        }
        const awaited = { task, exportCode }
        this.#awaited.set(task, awaited)
        this.#asked.push(awaited)
        native.fetch(task)
      }
      kind = native.next()
    }
    return undefined
  }

  /** Runs a task. If it goes on after its call, and the pool gives this thread more tasks, it runs those beside it. */
  #run(first: Job | undefined): void {
    for (let job = first; job !== undefined;) {
      const begun = job
      let result: unknown
      this.#job = job
      try {
        const call =
          (job.exportCode & NAMED) === 0 ? this.#functions.at(job.exportCode) : this.#functions.named(job.name!)
        result = (job.exportCode & SPREAD) === 0 ? call(job.argument) : call(...(job.argument as unknown[]))
        if (!isThenable(result)) {
          this.#job = undefined
          this.#goOn(this.#completed(begun, result))
          return
        }
      } catch (error) {
        this.#job = undefined
        this.#goOn(this.#failed(begun, error))
        return
      }
      this.#job = undefined
      follow(
        result,
        (value) => this.#run(this.#inTurn(this.#take(this.#completed(begun, value)))),
        (error) => this.#run(this.#inTurn(this.#take(this.#failed(begun, error)))),
      )
      job = this.#inTurn(this.#take(native.next()))
    }
  }

  /** Microtasks run between tasks, and everything else gets its turn now and then. */
  #goOn(answer: number): void {
    const isTurn = words[Word.turn] === 1
    const job = this.#take(answer)
    if (job === undefined) return
    this.#due.push(job)
    if (isTurn) setImmediate(this.#runDueLater)
    else void then.call(resolved, this.#runDue)
  }

  readonly #runDue = (): void => this.#run(this.#due.shift())

  /** Goes on after a turn of the event loop. As long as there are tasks, the thread looks for nothing else. */
  readonly #runDueLater = (): void => {
    wake()
    this.#runDue()
  }

  /** A task that comes while others are due is called after them. One callback serves all of them. */
  #inTurn(job: Job | undefined): Job | undefined {
    if (job === undefined || this.#due.length === 0) return job
    this.#due.push(job)
    return this.#due.shift()
  }

  #completed(job: Job, result: unknown): number {
    try {
      const [value, list] = isTransfer(result) ? [result.value, result.list] : [result, undefined]
      if (list !== undefined || !encode(value)) return this.#send(job, false, value, list)
      return this.#done(job.task, false)
    } catch (error) {
      // A result that cannot be cloned, or for which there is no memory, fails its task.
      return this.#failed(job, error)
    }
  }

  #failed(job: Job, error: unknown): number {
    const description = describeError(error, this.#line(`task ${brief(this.#functions.nameOf(job))}`))
    try {
      if (encode(description)) return this.#done(job.task, true)
      if ((job.exportCode & PORTLESS) === 0) return this.#send(job, true, description)
    } catch {
      // Then the error goes without what even a message port cannot bring.
    }
    try {
      pack(description)
      return this.#done(job.task, true)
    } catch (noMemory) {
      return this.#failed(job, noMemory)
    }
  }

  /** A value that cannot be encoded goes by the message port, and the report to the core follows it. */
  #send({ task, exportCode }: Job, isFailed: boolean, value: unknown, list?: readonly Transferable[]): number {
    if (exportCode & PORTLESS) {
      serialize(value, list)
      return this.#done(task, isFailed)
    }
    if (list === undefined && surveyed(value) === Verdict.same) {
      sendWritten(value)
      return this.#done(task, isFailed)
    }
    // If the task has settled in another way, nobody asks for the value.
    if (native.isAbandoned(isolate, task)) {
      describe(ValueKind.undefined, 0, 0)
      return this.#done(task, isFailed)
    }
    const token = tokenOf(this.#assignment.serial, this.#nextValue)
    this.#report({ kind: 'value', token, value }, list)
    this.#nextValue = nextCount(this.#nextValue)
    describe(ValueKind.port, token, 0)
    const answer = this.#done(task, isFailed)
    // The task has settled meanwhile.
    if (words[Word.settled] === 0) this.#report({ kind: 'vain', token })
    return answer
  }

  #done(task: number, isFailed: boolean): number {
    if (this.#begun.size > 0) this.#begun.delete(task)
    return native.done(task, isFailed ? 1 : 0, sendPrints() ? 1 : 0, this.#isWornOut() ? 1 : 0)
  }

  /** Whether the thread is to be replaced. This is asked at the end of a task, so that no task is ended for it. */
  #isWornOut(): boolean {
    const { tasks, heapBytes } = this.#assignment.recycle
    this.#ended++
    return (tasks > 0 && this.#ended >= tasks) || (heapBytes > 0 && process.memoryUsage().heapUsed > heapBytes)
  }

  // ── from outside ────────────────────────────────────────────────────────────────────────────────────────────────

  #obey(order: Order): void {
    if (order === 'retire') {
      void this.#flush()
      return
    }
    this.#receive(() => {
      if (order.kind === 'argument') return order.argument
      if (order.kind === 'port') return valueFrom(order.port)
      throw order.kind === 'failed' ? reviveError(order.error, []) : new Error('the task has settled')
    })
  }

  /** An argument that was asked for has come, unless `read` throws. */
  #receive(read: () => unknown): void {
    const asked = this.#asked.shift()
    let argument: unknown
    let failure: { readonly error: unknown } | undefined
    try {
      argument = read()
    } catch (error) {
      failure = { error }
    }
    // The task may have settled meanwhile, and another task may have its number.
    if (asked === undefined || this.#awaited.get(asked.task) !== asked) return
    const { task, exportCode } = asked
    this.#awaited.delete(task)
    if (failure === undefined) this.#run(jobOf(task, exportCode, argument))
    else this.#goOn(this.#failed({ task, exportCode, name: undefined, argument }, failure.error))
  }

  async #flush(): Promise<void> {
    for (const stream of [process.stdout, process.stderr].map(printed)) await stream
    this.#report({ kind: 'flushed' })
  }

  #abort({ task, stamp }: TaskName, ifSettled: boolean, reason: unknown): void {
    // The task may be here and not have begun.
    if (!ifSettled) this.#run(this.#inTurn(this.#take(native.next())))
    // Or it may have ended by now, and another task may have its number.
    if (!native.hasBegun(isolate, task, stamp)) return
    if (ifSettled) {
      if (!native.isAbandoned(isolate, task)) return
      const awaited = this.#awaited.get(task)
      if (awaited !== undefined) {
        // Its argument went with it.
        this.#awaited.delete(task)
        this.#goOn(this.#failed({ ...awaited, name: undefined, argument: undefined }, undefined))
        return
      }
    }
    const callee: Callee | undefined = this.#awaited.get(task) ?? this.#due.find((job) => job.task === task)
    const begun = callee === undefined ? this.#begun.get(task) : this.#begunTask(task, callee)
    begun?.abort(reason)
  }
}

/** The reason of an abort as the core has it, as far as it can be read back. */
function reasonOf(answer: number): unknown {
  try {
    const description = decodeAnswer(answer) as ErrorDescription | undefined
    return description === undefined ? undefined : reviveError(description, [])
  } catch (unreadable) {
    return unreadable
  }
}

/** Resolves once the parent has everything that has been written. */
function printed(stream: NodeJS.WriteStream): Promise<void> | undefined {
  if (!stream.writable || stream.writableLength === 0) return undefined
  return new Promise((resolve) => stream.write('', () => resolve()))
}

/** The one message that a port holds. */
function valueFrom(port: MessagePort): unknown {
  try {
    const received = receiveMessageOnPort(port) as { message: unknown } | undefined
    return received?.message
  } finally {
    port.close()
  }
}
