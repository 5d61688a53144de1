// Queues of jobs for tests, in the store that JOBS_STORE names: `redis://…`, `postgres://…`, or else a folder of its own.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { ExecutionContext, TestFn } from 'ava'
import { type Logger, ThreadPool } from 'workpool'
import { Jobs, type JobsOptions } from 'workpool/jobs'

import { gate } from './gate.js'

/** The module `job-tasks.mjs`. */
export interface Tasks {
  double(n: number): number
  echo(value: unknown): unknown
  nothing(): void
  none(): string
  failUntil(count: number): number
  fail(how?: { name?: string; message?: string; code?: string }): never
  note(number: number): void
  hold(result?: string): Promise<string>
  spin(): never
  exitUntil(count: number): string
  steps(count: number): Promise<number>
  unstorable(kind: string): unknown
  traced(): Promise<string>
}

const TASKS = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'job-tasks.mjs'))

let folder: string | undefined

/** The store that the suite is run with. */
export function where(): Parameters<typeof Jobs.open>[0] {
  const named = process.env['JOBS_STORE']
  if (named !== undefined && named !== 'file') return named as ReturnType<typeof where>
  folder ??= mkdtempSync(join(tmpdir(), 'workpool-jobs-'))
  return `file:${folder}/store`
}

process.once('exit', () => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

/** Which store that is. */
export const store = (): string => where().split(':', 1)[0]!

/** As long as one may wait for a store on a busy machine. */
export const DEADLINE_MS = 40_000

/** What is logged, for nobody. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Keeps the home open while the tests of a file run, as all queues of a process share it, and a database in a folder takes
 * seconds to open. And lets the tests take their time.
 */
export function prepare(test: TestFn): void {
  let kept: Jobs<Tasks> | undefined
  test.before(async (t) => {
    t.timeout(2 * DEADLINE_MS)
    kept = await Jobs.open<Tasks>(where(), { queue: 'kept', logger: silent })
  })
  test.after.always(() => kept?.close())
  test.beforeEach((t) => t.timeout(2 * DEADLINE_MS))
}

/** A queue of its own, which is closed when the test ends. */
export async function openJobs(t: ExecutionContext, options: JobsOptions = {}): Promise<Jobs<Tasks>> {
  const jobs = await Jobs.open<Tasks>(where(), { queue: `test-${randomUUID()}`, logger: silent, ...options })
  t.teardown(() => jobs.close({ timeout: 0 }))
  return jobs
}

/** Cells for `job-tasks.mjs`. */
export const newCells = (): Int32Array => new Int32Array(new SharedArrayBuffer(64))

type ThreadOptions = Partial<Parameters<typeof ThreadPool.create>[0]>

/** Threads that run `job-tasks.mjs`, and what its tasks count. */
export function openThreads(
  t: ExecutionContext,
  options: ThreadOptions = {},
): { threads: ThreadPool<Tasks>; cells: Int32Array } {
  const cells = newCells()
  const threads = ThreadPool.create<Tasks>({ filename: TASKS, size: 2, workerData: { cells }, ...options })
  t.teardown(() => threads.destroy())
  return { threads, cells }
}

/** A queue and somebody who works on it. */
export async function openBoth(t: ExecutionContext, options: JobsOptions = {}, threadOptions: ThreadOptions = {}) {
  // The pool first, so that it is there until the queue is closed: teardowns run in reverse.
  const { threads, cells } = openThreads(t, threadOptions)
  const jobs = await openJobs(t, options)
  return { jobs, threads, cells, worker: jobs.work(threads) }
}

/** The next event of this name for which `fits` holds. */
export function nextEvent<E extends Parameters<Jobs<Tasks>['on']>[0]>(
  jobs: Jobs<Tasks>,
  event: E,
  fits: (told: any) => boolean = () => true,
): Promise<any> {
  const heard = gate<any>()
  const listener = (told: any): void => {
    if (!fits(told)) return
    jobs.off(event, listener)
    heard.open(told)
  }
  jobs.on(event, listener)
  return heard.promise
}

/** Looks until that is so. For what the store says and no event does. */
export async function eventually(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
