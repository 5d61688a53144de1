/**
 * The side of a thread pool that is in the thread: it loads the task module, and then runs one task after the other.
 * The core answers the report of each end with the next task. When there is none, the thread goes back to its event
 * loop, where the core wakes it.
 */
import { threadId } from 'node:worker_threads'

import { follow, isThenable } from '../../base/follow.js'
import { part } from '../../base/parts.js'
import { Promise, process, queueMicrotask, resolvedPromise, setImmediate, then } from '../../base/intrinsics.js'
import { addonFile } from '../../native/addon.js'
import { Registers, Special, ValueFlag, ValueKind, Word } from '../../native/abi.js'
import { isolate, native, numbers, words } from '../../native/binding.js'
import { hasPaused, serveAs, wake } from '../../native/isolate.js'
import type { ErrorDescription } from '../../wire/payload/index.js'
import { rare } from '../../wire/rarely.js'
import { CARRIED, NAMED, SPREAD, STREAM, decode, decodeAnswer } from '../../wire/values.js'
import type { Assignment, Order, TaskName } from '../messages.js'
import type { CurrentTask } from './current-task.js'
import { answerBeat, isBeat } from './beat.js'
import { Begun } from './begun.js'
import { type Enter, asyncScope, loadCarriers, within } from './carry.js'
import { type Callee, type Job, jobOf } from './job.js'
import { LateArguments } from './late-arguments.js'
import { sendPrints, trackPrints } from './printing.js'
import type { Producers } from './stream/producers.js'
import { Stickies } from './sticky.js'
import { TaskEnds } from './task-ends.js'
import { TaskFunctions, brief } from './task-functions.js'
import { loadTaskModule } from './task-module.js'

/**
 * `resolved.then(f)` calls `f` as a microtask. There is one such call per task, and `queueMicrotask` does a good deal
 * more.
 */
const resolved = resolvedPromise(undefined)

const forStreams = part(() => require('./stream/producers.js') as typeof import('./stream/producers.js'))

export class Thread {
  readonly #assignment: Assignment['workpool']
  /** Those of no module, until the module is loaded. */
  #functions: TaskFunctions
  /** What stands around the functions of tasks that bring something for it. */
  #enters: readonly Enter[] = []
  /** The task whose function is being called. */
  #job: Job | undefined
  /** The tasks that have called `currentTask`. */
  readonly #begun = new Map<number, Begun>()
  /** Tasks that are to be called as soon as microtasks, or the event loop, have had their turn. */
  readonly #due: Job[] = []
  readonly #lateArguments = new LateArguments({
    run: (job) => this.#run(job),
    fail: (job, error) => this.#goOn(this.#ends.failed(job, error)),
  })
  readonly #ends: TaskEnds
  /** Made for the first stream. */
  #producers: Producers | undefined
  readonly #stickies = new Stickies()

  constructor(assignment: Assignment['workpool']) {
    this.#assignment = assignment
    this.#functions = new TaskFunctions(assignment.filename, {})
    this.#ends = new TaskEnds(assignment, this.#begun, (callee) => this.#functions.nameOf(callee))
  }

  /** The thread is one of the pool. */
  enter(): void {
    this.#ends.report({ kind: 'entered' })
  }

  async start(): Promise<void> {
    const { core, pool, worker, serial, control } = this.#assignment
    if (core !== addonFile) {
      const message = `the thread has begun with another copy of workpool than the pool has: ${addonFile} instead of ${core}`
      return this.#failToLoad(new Error(message))
    }
    if (!native.enter(isolate, pool, worker, serial, threadId)) return
    for (const stream of [process.stdout, process.stderr]) trackPrints(stream)
    try {
      const { filename, carry } = this.#assignment
      if (carry.length > 0) this.#enters = await loadCarriers(carry)
      this.#functions = new TaskFunctions(filename, await loadTaskModule(filename))
    } catch (error) {
      return this.#failToLoad(error)
    }
    native.exportNames(isolate, this.#functions.names)
    process.once('exit', (code) => this.#ends.report({ kind: 'exit', code }))
    // This also keeps the event loop of the thread alive.
    control.on('message', (order: Order) => this.#obey(order))
    // Of all messages only an argument can be unreadable.
    control.on('messageerror', (error: unknown) => {
      if (!this.#stickies.cameUnreadable(error)) this.#lateArguments.cameUnreadable(error)
    })
    const isReady = await this.#stickies.run(
      this.#functions,
      (report) => this.#ends.report(report),
      (error, name) => void this.#failToLoad(error, `the sticky broadcast of ${brief(name)}`),
    )
    if (!isReady) return
    serveAs({
      // It does not happen at once, as that would be inside the loop that carries out commands.
      take: () => queueMicrotask(() => this.#run(this.#inTurn(this.#take(native.next())))),
      abort: (task, stamp, ifSettled) => {
        const reason = reasonOf(native.detail())
        queueMicrotask(() => this.#abort({ task, stamp }, ifSettled, reason))
      },
      credits: (stream) => queueMicrotask(() => this.#producers?.credits(stream)),
    })
    sendPrints()
    this.#ends.report({ kind: 'loaded' })
    this.#run(this.#take(native.started()))
  }

  /** The owner ends the thread once it has what has been printed. */
  #failToLoad(error: unknown, what = 'loading'): Promise<void> {
    sendPrints()
    this.#ends.report({ kind: 'unloadable', error: rare().describeError(error, this.#ends.line(what)) })
    return this.#flush()
  }

  /** The task that is being called. From its first `await` on nobody can tell which one it is. */
  get current(): CurrentTask | undefined {
    if (this.#job === undefined) return undefined
    return this.#begunTask(this.#job.task, this.#job)
  }

  #begunTask(task: number, callee: Callee): Begun {
    let begun = this.#begun.get(task)
    if (begun === undefined) {
      begun = new Begun(this.#assignment.name, task, this.#functions.nameOf(callee), callee)
      this.#begun.set(task, begun)
    }
    return begun
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
            kind = this.#ends.failed({ task, exportCode, name: undefined, argument: undefined }, error)
            continue
          }
        }
        this.#lateArguments.ask({ task, exportCode })
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
        result = (job.exportCode & (STREAM | CARRIED)) === 0 ? this.#call(job) : this.#callOtherwise(job)
        if (!isThenable(result)) {
          this.#job = undefined
          this.#goOn(this.#ends.completed(begun, result))
          return
        }
      } catch (error) {
        this.#job = undefined
        this.#goOn(this.#ends.failed(begun, error))
        return
      }
      this.#job = undefined
      follow(
        result,
        (value) => this.#run(this.#inTurn(this.#take(this.#ends.completed(begun, value)))),
        (error) => this.#run(this.#inTurn(this.#take(this.#ends.failed(begun, error)))),
      )
      job = this.#inTurn(this.#take(native.next()))
    }
  }

  #call(job: Job): unknown {
    const call = (job.exportCode & NAMED) === 0 ? this.#functions.at(job.exportCode) : this.#functions.named(job.name!)
    return (job.exportCode & SPREAD) === 0 ? call(job.argument) : call(...(job.argument as unknown[]))
  }

  /** A generator, or a function with carriers around it. */
  #callOtherwise(job: Job): unknown {
    if ((job.exportCode & CARRIED) === 0) return this.#produce(job)
    // An abort may come before the function is called.
    this.#begunTask(job.task, job)
    const [argument, ...carried] = job.argument as unknown[]
    const bare: Job = { ...job, argument }
    return within(this.#enters, carried, () => {
      const outer = this.#job
      this.#job = bare
      try {
        return (job.exportCode & STREAM) === 0 ? this.#call(bare) : this.#produce(bare, asyncScope())
      } finally {
        this.#job = outer
      }
    })
  }

  /** Calls a generator. The task ends when the generator has ended. */
  #produce(job: Job, scope?: (code: () => void) => void): Promise<unknown> {
    this.#producers ??= new (forStreams().Producers)({
      generator: (callee) => this.#functions.generator(callee),
      isCalling: (calling) => (this.#job = calling),
      send: (of, stream, chunk) => this.#ends.chunk(of, stream, chunk),
      abort: ({ task }, reason) => this.#begun.get(task)?.abort(reason),
    })
    return this.#producers.start(job, scope)
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

  // ── from outside ────────────────────────────────────────────────────────────────────────────────────────────────

  #obey(order: Order): void {
    if (order === 'retire') void this.#flush()
    else if (isBeat(order)) answerBeat(order)
    else if (!this.#stickies.came(order)) this.#lateArguments.came(order)
  }

  async #flush(): Promise<void> {
    for (const stream of [process.stdout, process.stderr].map(printed)) await stream
    this.#ends.report({ kind: 'flushed' })
  }

  #abort({ task, stamp }: TaskName, ifSettled: boolean, reason: unknown): void {
    // The task may be here and not have begun.
    if (!ifSettled) this.#run(this.#inTurn(this.#take(native.next())))
    // Or it may have ended by now, and another task may have its number.
    if (!native.hasBegun(isolate, task, stamp)) return
    if (ifSettled) {
      if (!native.isAbandoned(isolate, task)) return
      const awaited = this.#lateArguments.forget(task)
      if (awaited !== undefined) {
        // Its argument went with it.
        this.#goOn(this.#ends.failed({ ...awaited, name: undefined, argument: undefined }, undefined))
        return
      }
    }
    const callee: Callee | undefined = this.#lateArguments.calleeOf(task) ?? this.#due.find((job) => job.task === task)
    const begun = callee === undefined ? this.#begun.get(task) : this.#begunTask(task, callee)
    begun?.abort(reason)
  }
}

/** The reason of an abort as the core has it, as far as it can be read back. */
function reasonOf(answer: number): unknown {
  try {
    const description = decodeAnswer(answer) as ErrorDescription | undefined
    return description === undefined ? undefined : rare().reviveError(description, [])
  } catch (unreadable) {
    return unreadable
  }
}

/** Resolves once the parent has everything that has been written. */
function printed(stream: NodeJS.WriteStream): Promise<void> | undefined {
  if (!stream.writable || stream.writableLength === 0) return undefined
  return new Promise((resolve) => stream.write('', () => resolve()))
}
