/** The options of pools of native jobs and of their jobs, and the one place where each is checked. */
import { toAgreement } from './agreement.js'
import { misuse, outOfRange } from '../base/errors.js'
import { consoleLogger } from '../base/logger.js'
import { type Check, type Checks, functionOf, integer, reader, text } from './checks.js'
import { type BaseSettings, EVERY_POOL, SUBMIT, type SubmitOptions, nextName } from './options.js'
import { OBSERVING, observingOf } from './observing-options.js'
import { merged } from './policy-options.js'
import { SCHEDULING, agreedScheduling, schedulingOf } from './scheduling-options.js'
import { THREADS } from './thread-options.js'

/** Options that only a `NativePool` has. */
export interface NativeOptions {
  /**
   * So many threads stay, however long they are idle. They start when they are first needed. An integer from 0 to
   * `size`, default 0. A capacity below it, set by `tune`, wins.
   */
  minSize?: number | undefined
  /**
   * The stack of each thread, in bytes: an integer from 65,536 (64 KiB) to 2³⁰ (1 GiB). Memory is taken only as far as a
   * job goes down its stack. Default: 2 MiB.
   */
  stackSize?: number | undefined
  /**
   * The options of every job whose ticket comes from this object: what `job` leaves out is taken from here. Both signals
   * abort.
   */
  defaults?: NativeJobOptions | undefined
}

/** Options of one native job. */
export interface NativeJobOptions extends Omit<SubmitOptions, 'weight'> {
  /** What errors, `TaskInfo` and `inspect()` call the job. A string that is not empty, default `job`. */
  name?: string | undefined
  /**
   * Is called with how far the job has come, if it says so by `workpool_progress`: with the newest number at the time, so
   * not with every one, and with the last one before the promise settles. It runs in the async context of the submission.
   * What it throws or rejects with is logged.
   *
   * ```js
   * const ticket = native.job({ onProgress: (share) => console.log(`${Math.round(share * 100)} %`) })
   * ```
   */
  onProgress?: ((progress: number) => unknown) | undefined
}

/** A thread is one worker, whatever its job needs, so a job has no weight. */
const { weight: _, ...OF_TASK } = SUBMIT

const JOB = {
  ...OF_TASK,
  name: text,
  onProgress: functionOf as Check<NonNullable<NativeJobOptions['onProgress']>>,
} satisfies Checks

export const checkJobOptions = reader('the options of job', JOB)
const readDefaults = reader('defaults', JOB)
export type JobChecked = ReturnType<typeof checkJobOptions>
export const NO_JOB_OPTIONS = checkJobOptions(undefined)

/** The options of one job, and of every job. */
export const jobOptions = (defaults: JobChecked, options: unknown): JobChecked => {
  const own = checkJobOptions(options)
  return defaults === NO_JOB_OPTIONS ? own : merged<JobChecked>(defaults, own)
}

/** The options of every pool of native jobs. */
export const NATIVE = {
  ...EVERY_POOL,
  size: integer(1, 'an integer from 1 to 2147483647; a native pool is never unbounded'),
  ...OBSERVING,
  ...SCHEDULING,
  minSize: THREADS.minSize,
  stackSize: integer(2 ** 16, 'an integer of bytes from 65536 to 1073741824', 2 ** 30),
  defaults: ((value) => readDefaults(value)) as Check<JobChecked>,
} satisfies Checks

/** Options of a pool of native jobs, checked, with every default in place. */
export interface NativeSettings extends BaseSettings {
  readonly minSize: number
  /** In bytes; 0 for the default. */
  readonly stackSize: number
  readonly defaults: JobChecked
}

const readNativeOptions = reader('the options of NativePool.create', NATIVE)

/** `parallelism`: the default of `size`. */
export function checkNativeOptions(options: unknown, parallelism: () => number): NativeSettings {
  const given = readNativeOptions(options)
  const size = given.size ?? parallelism()
  if (given.minSize !== undefined && given.minSize > size) {
    throw outOfRange('minSize', given.minSize, `at most size, ${size}`)
  }
  if (given.shared && given.name === undefined) throw misuse('shared needs a name, by which isolates find the pool')
  const stays = given.disablePurge || given.expiry === Infinity
  const { preAlloc = false, nonblocking = false, maxBlockingTasks = 0, minSize = 0, measure = false } = given
  const expiry = stays ? 0 : (given.expiry ?? 60_000)
  const core = { size, expiry, preAlloc, nonblocking, maxBlockingTasks, minSize, measure }
  const stackSize = given.stackSize ?? 0
  const scheduling = schedulingOf(given, maxBlockingTasks)
  const agreed = {
    ...core,
    ...agreedScheduling(scheduling),
    expiry: expiry || Infinity,
    disablePurge: stays ?? false,
    stackSize,
  }
  return {
    ...core,
    ...scheduling,
    ...observingOf(given),
    name: given.name ?? nextName(),
    agreement: given.shared ? toAgreement(given, agreed) : undefined,
    panicHandler: given.panicHandler,
    logger: given.logger ?? consoleLogger,
    signal: given.signal,
    stackSize,
    defaults: given.defaults ?? NO_JOB_OPTIONS,
  }
}

export const checkNativeSize = (value: unknown) => NATIVE.size(value, 'size')
