/**
 * Random programs over a pool, and the model that their promises are held against. A program submits, aborts, tunes, releases, closes
 * and reboots, also from inside closures, listeners of signals, continuations and panicHandlers.
 */
import { setMaxListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'

import fc from 'fast-check'
import type { PoolStats, SubmitOptions } from 'workpool'

import { contradictions } from './accounts.js'
import { within } from './until.js'

/** How a task ends: at once or later, with its id or an error that has it in its message. */
const HOW = ['at once', 'throws', 'micro', 'rejects', 'later', 'heeds', 'spins'] as const
type How = (typeof HOW)[number]

/** What is submitted, and what is done when. */
export interface Submission {
  readonly do: 'submit'
  /** Which of the faces takes it. */
  readonly face: number
  readonly how: How
  /** An argument of many bytes, or one that only a message port brings. */
  readonly argument: 'small' | 'large' | 'shared'
  readonly signal: number | undefined
  readonly options: Pick<SubmitOptions, 'priority' | 'waitTimeout' | 'timeout'>
  readonly started: readonly Step[]
  readonly aborted: readonly Step[]
  readonly settled: readonly Step[]
}

type Step =
  | Submission
  | { readonly do: 'abort'; readonly signal: number }
  | { readonly do: 'vacancy'; readonly face: number; readonly signal: number | undefined }
  | { readonly do: 'tune'; readonly face: number; readonly size: number }
  | { readonly do: 'release' | 'reboot' | 'close' | 'drain'; readonly face: number }

/** Steps of one turn of the event loop after the other, and what each call of panicHandler does. */
interface Script {
  readonly turns: readonly (readonly Step[])[]
  readonly panics: readonly (readonly Step[])[]
}

const SIGNALS = 2
/** So many tasks a program submits at most. */
const MOST = 60
/** When a promise is taken for one that never settles. */
const HANG_MS = 20_000
/** So many programs are played before the clock is looked at: from small ones to large ones. */
const BATCH = 5
/** After so long a batch that has failed is not shrunk any more, as each promise that hangs takes its time. */
const SHRINKING_MS = 40_000

/** `changes`: how often the pool is tuned, and how often closed or opened again, among some 100 steps. */
function scripts([tuning, closing]: Subject['changes']): fc.Arbitrary<Script> {
  const face = fc.nat(1)
  const signal = fc.option(fc.nat(SIGNALS - 1), { nil: undefined })
  const options = fc.record(
    { priority: fc.nat(2), waitTimeout: fc.constantFrom(0, 1, 3, 1_000), timeout: fc.constantFrom(1, 3, 1_000) },
    { requiredKeys: [] },
  )
  /** What waits settles, and what is submitted then gets its number, before the others on the signal are aborted. */
  const upheavals: Step[][] = [
    [{ do: 'tune', face: 0, size: 4 }],
    [
      { do: 'tune', face: 0, size: 4 },
      { do: 'tune', face: 0, size: 1 },
    ],
    [
      { do: 'release', face: 0 },
      { do: 'reboot', face: 0 },
    ],
  ]
  const upheaval = fc.constantFrom(...upheavals.slice(0, closing > 1 ? 3 : 2))
  const resubmission = (submission: fc.Arbitrary<Submission>) =>
    fc
      .tuple(upheaval, fc.array(submission, { minLength: 1, maxLength: 2 }))
      .map(([change, submissions]): Step[] => [...change, ...submissions])
  const { steps } = fc.letrec<{ step: Step; steps: Step[]; submission: Submission }>((tie) => ({
    steps: fc.array(tie('step'), { maxLength: 3 }),
    submission: fc.record({
      do: fc.constant('submit'),
      face,
      // Those that go on are the ones that can be aborted.
      how: fc.constantFrom(...HOW, 'later', 'heeds', 'heeds'),
      argument: fc.constantFrom('small', 'large', 'shared'),
      signal,
      options,
      started: tie('steps'),
      aborted: fc.oneof(tie('steps'), resubmission(tie('submission'))),
      settled: tie('steps'),
    }) as fc.Arbitrary<Submission>,
    step: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 15, arbitrary: fc.record({ do: fc.constant('abort' as const), signal: fc.nat(SIGNALS - 1) }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('vacancy' as const), face, signal }) },
      {
        weight: tuning,
        arbitrary: fc.record({ do: fc.constant('tune' as const), face, size: fc.integer({ min: 1, max: 4 }) }),
      },
      {
        weight: closing,
        arbitrary: fc.record({
          do: fc.constantFrom('release', 'reboot', 'reboot', 'close', 'drain'),
          face,
        }) as fc.Arbitrary<Step>,
      },
      { weight: 60, arbitrary: tie('submission') },
    ),
  }))
  return fc.record({
    turns: fc.array(steps, { minLength: 1, maxLength: 6 }),
    panics: fc.array(steps, { maxLength: 4 }),
  })
}

/** A pool as a program sees it. */
interface Face {
  tune(size: number): void
  release(): void
  reboot(): void
  close(): Promise<void>
  drain(): Promise<void>
  vacancy(options?: { signal?: AbortSignal }): Promise<void>
  stats(): PoolStats
}

/** What a task tells as long as it shows here. */
interface Events {
  /** Its function has been called. */
  started(): void
  /** The signal that its function was given has aborted. */
  aborted(): void
}

/** The pool under test, through one face or several. */
interface Subject {
  readonly faces: readonly Face[]
  /** How often, among some 100 steps, one is to tune the pool, and to close it or open it again. */
  readonly changes: readonly [tuning: number, closing: number]
  /** Resolves when it has done what takes long. */
  ready(): Promise<void>
  /** Submits a task that comes to `id`. */
  submit(face: number, id: number, submission: Submission, options: SubmitOptions, events: Events): Promise<unknown>
}

interface Expected {
  readonly id: number
  readonly submission: Submission
  readonly signal: AbortSignal | undefined
  /** Its signal had aborted before, so it was not submitted at all. */
  readonly isStillborn: boolean
}

/** What the promises of a program have come to; `stats()` must agree. */
const nothing = () => ({ completed: 0, failed: 0, cancelled: 0, timedOut: 0, waitTimeout: 0, closed: 0 })
type Ends = ReturnType<typeof nothing>

const endsIn = ({ completed, failed, cancelled, timedOut, rejected }: PoolStats): Ends => ({
  completed,
  failed,
  cancelled,
  timedOut,
  waitTimeout: rejected.waitTimeout,
  closed: rejected.closed + rejected.released,
})

const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code

/** One run of a script. */
class Run {
  readonly problems: string[] = []
  readonly #subject: Subject
  readonly #panics: readonly (readonly Step[])[]
  readonly #ends = nothing()
  readonly #promises: Promise<void>[] = []
  readonly #controllers: AbortController[] = []
  #submitted = 0
  #panicked = 0
  /** Whether the pool has been closed at any time. */
  #hasClosed = false

  constructor(subject: Subject, { panics }: Script) {
    this.#subject = subject
    this.#panics = panics
    for (let i = 0; i < SIGNALS; i++) this.#controllers.push(this.#newController())
  }

  #newController(): AbortController {
    const controller = new AbortController()
    setMaxListeners(0, controller.signal)
    return controller
  }

  play(steps: readonly Step[]): void {
    for (const step of steps) {
      try {
        this.#do(step)
      } catch (error) {
        this.problems.push(`${step.do} threw ${String(error)}`)
      }
    }
  }

  /** A task has failed, says the pool. */
  readonly panic = (): void => this.play(this.#panics[this.#panicked++] ?? [])

  #do(step: Step): void {
    if (step.do === 'submit') return this.#submit(step)
    if (step.do === 'abort') return this.#abort(step.signal)
    const face = this.#face(step.face)
    switch (step.do) {
      case 'tune':
        return face.tune(step.size)
      case 'vacancy': {
        const signal = step.signal === undefined ? undefined : this.#controllers[step.signal]!.signal
        const isAllowed = (error: unknown) => (signal?.aborted && error === signal.reason) || this.#isClosed(error)
        return this.#expect(face.vacancy(signal && { signal }), step.do, isAllowed)
      }
      case 'release':
        this.#hasClosed = true
        return face.release()
      case 'reboot':
        return face.reboot()
      case 'close':
        this.#hasClosed = true
        return this.#expect(face.close(), step.do)
      case 'drain':
        return this.#expect(face.drain(), step.do)
    }
  }

  #face(index: number): Face {
    return this.#subject.faces[index % this.#subject.faces.length]!
  }

  /** Listeners find another signal in its place, which has not aborted. */
  #abort(index: number): void {
    const controller = this.#controllers[index]!
    this.#controllers[index] = this.#newController()
    controller.abort(new Error('aborted'))
  }

  #isClosed(error: unknown): boolean {
    return this.#hasClosed && codeOf(error) === 'ERR_POOL_CLOSED'
  }

  #expect(promise: Promise<unknown>, what: string, isAllowed: (error: unknown) => boolean = () => false): void {
    const failed = (error: unknown): void => {
      if (!isAllowed(error)) this.problems.push(`${what} rejected with ${String(error)}`)
    }
    this.#promises.push(
      within(
        promise.then(() => {}, failed),
        `${what} settles`,
        HANG_MS,
      ).catch((late) => void this.problems.push(String(late))),
    )
  }

  #submit(submission: Submission): void {
    if (this.#submitted === MOST) return
    const id = ++this.#submitted
    const signal = submission.signal === undefined ? undefined : this.#controllers[submission.signal]!.signal
    const aborted = () => this.play(submission.aborted)
    const listen = () => signal?.addEventListener('abort', aborted)
    // Before the pool's own listener, behind it, or inside.
    const place = id % 3
    if (place === 0) listen()
    const expected: Expected = { id, submission, signal, isStillborn: signal?.aborted === true }
    const { face, options } = submission
    const events: Events = { started: () => this.play(submission.started), aborted: place === 1 ? aborted : () => {} }
    const index = face % this.#subject.faces.length
    const promise = this.#subject.submit(index, id, submission, { ...options, ...(signal && { signal }) }, events)
    if (place === 2) listen()
    const settled = promise.then(
      (value) => this.#fulfilled(expected, value),
      (error: unknown) => this.#rejected(expected, error),
    )
    this.#expect(
      settled.then(() => this.play(submission.settled)),
      `task ${id}`,
    )
  }

  #fulfilled({ id }: Expected, value: unknown): void {
    this.#ends.completed++
    if (value !== id) this.problems.push(`task ${id} came to ${String(value)}`)
  }

  #rejected({ id, submission: { options, how }, signal, isStillborn }: Expected, error: unknown): void {
    const code = codeOf(error)
    const fails = how === 'throws' || how === 'rejects'
    if (signal?.aborted && error === signal.reason) this.#ends.cancelled += isStillborn ? 0 : 1
    else if (fails && error instanceof Error && error.message === `fails ${id}`) this.#ends.failed++
    else if (this.#isClosed(error)) this.#ends.closed++
    else if (options.waitTimeout !== undefined && code === 'ERR_POOL_WAIT_TIMEOUT') this.#ends.waitTimeout++
    else if (options.timeout !== undefined && code === 'ERR_POOL_TASK_TIMEOUT') this.#ends.timedOut++
    else this.problems.push(`task ${id} rejected with ${String(error)}`)
  }

  /** All promises settle, and what the pool has counted since `before` is what they came to. */
  async end(before: PoolStats): Promise<void> {
    // What settles may submit more.
    for (let i = 0; i < this.#promises.length; i++) await this.#promises[i]
    const face = this.#face(0)
    await within(face.drain(), 'the pool drains', HANG_MS)
    const stats = face.stats()
    this.problems.push(...contradictions(stats))
    if (stats.unsettled > 0) this.problems.push(`${stats.unsettled} tasks are unsettled`)
    const [was, is] = [endsIn(before), endsIn(stats)]
    for (const end of Object.keys(was) as (keyof Ends)[]) {
      if (is[end] - was[end] !== this.#ends[end])
        this.problems.push(`${is[end] - was[end]} were ${end}, said the pool, and ${this.#ends[end]} promises`)
    }
  }
}

/** The pool under test, whose panicHandler calls what it is given. */
export type Make = (panic: () => void) => Subject

/** Plays scripts to one pool, for so long. Fails with the script, shrunk, and the seed of its batch. */
export async function playPrograms(make: Make, { seconds, seed }: { seconds: number; seed: number }): Promise<number> {
  let runs = 0
  let run: Run | undefined
  let subject = make(() => run?.panic())
  await subject.ready()
  const property = fc.asyncProperty(scripts(subject.changes), async (script) => {
    runs++
    for (const face of subject.faces) face.reboot()
    subject.faces[0]!.tune(2)
    const before = subject.faces[0]!.stats()
    run = new Run(subject, script)
    for (const steps of script.turns) {
      run.play(steps)
      await turn()
    }
    await run.end(before).catch((error: unknown) => run!.problems.push(String(error)))
    const { problems } = run
    if (problems.length === 0) return
    // What is left of this one may fail again without a reason of its own.
    subject = make(() => run?.panic())
    await subject.ready()
    throw new Error(problems.join('\n'))
  })
  const end = performance.now() + seconds * 1_000
  for (let batch = seed; batch === seed || performance.now() < end; batch++) {
    await fc.assert(property, { numRuns: BATCH, seed: batch, interruptAfterTimeLimit: SHRINKING_MS })
  }
  await Promise.all(subject.faces.map((face) => within(face.close(), 'the pool closes', HANG_MS)))
  return runs
}
