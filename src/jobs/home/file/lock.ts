/**
 * The lock of a folder: one process has it, and tells in it who it is. Two databases on one folder lose data without an
 * error.
 *
 * The lock is the file with the highest number. Who takes it over makes the next file, which only one can, and then
 * removes those before. A number is never used again, so who has looked long ago cannot take what somebody else has
 * taken and given back since: it finds a higher one.
 */
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { kill, pid as ownPid } from 'node:process'
import { setTimeout as after } from 'node:timers/promises'

import { storeError } from '../store-error.js'

/** How often its holder touches the file, in ms. */
export const TOUCH_EVERY = 2_000
/** Not touched for so long, in ms, a lock is left by a process that is gone. It matters where that process cannot be looked for. */
const LEFT_AFTER = 5 * TOUCH_EVERY
const LOOK_EVERY = 250

interface Holder {
  readonly pid: number
  /** When the process started, as the system counts: a number may belong to another process by now. */
  readonly started: string | undefined
  /** The same for all processes whose numbers can be compared: of one boot and one container. */
  readonly system: string
  readonly host: string
  readonly since: string
  readonly nonce: string
}

const NAME = /^lock\.(\d{1,15})$/

/** The numbers of the lock files of a folder, the highest first. */
const numbers = (folder: string): number[] =>
  readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => b - a)

const fileOf = (folder: string, number: number): string => join(folder, `lock.${number}`)

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The name of the command comes before, in parentheses, and may have any character. The start is field 22.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function thisSystem(): string {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid'))
  return [hostname(), boot, namespace].join(' ')
}

const self = (): Holder => ({
  pid: ownPid,
  started: startOf(ownPid),
  system: thisSystem(),
  host: hostname(),
  since: new Date().toISOString(),
  nonce: randomBytes(8).toString('hex'),
})

/** `undefined`: it is gone, or half written. `null`: given back. */
function holderOf(file: string): Holder | null | undefined {
  return attempt(() => JSON.parse(readFileSync(file, 'utf8')) as Holder | null)
}

/** `undefined`: that cannot be known here. */
function isAlive({ pid, started, system }: Holder): boolean | undefined {
  if (system !== thisSystem()) return undefined
  try {
    kill(pid, 0)
  } catch (error) {
    // It may belong to another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = startOf(pid)
  return started === undefined || now === undefined || now === started
}

/** Whether the file stays as it is for as long as a holder would not leave it alone. */
async function isLeftAlone(file: string): Promise<boolean> {
  const touched = (): number | undefined => attempt(() => statSync(file).mtimeMs)
  const first = touched()
  for (const end = performance.now() + LEFT_AFTER; performance.now() < end;) {
    await after(LOOK_EVERY)
    if (touched() !== first) return false
  }
  return true
}

function heldError(folder: string, holder: Holder | null | undefined): Error {
  const who =
    holder == null
      ? 'another process'
      : holder.pid === ownPid && holder.system === thisSystem()
        ? `another thread of this process (${holder.pid})`
        : `process ${holder.pid} on ${holder.host}, since ${holder.since}`
  return storeError(
    `the jobs in ${folder} belong to ${who}: one process at a time can have a folder; several share "postgres:" or "redis:"`,
  )
}

/** Makes the file with its content at once. */
function make(folder: string, number: number, holder: Holder): boolean {
  const [draft, file] = [join(folder, `lock-${holder.nonce}`), fileOf(folder, number)]
  writeFileSync(draft, JSON.stringify(holder))
  try {
    linkSync(draft, file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // A file system without links: whoever reads a half-written file waits.
    try {
      writeFileSync(file, JSON.stringify(holder), { flag: 'wx' })
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw reason
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return true
}

/**
 * Takes the lock of `folder`, which is there. If its last holder cannot be looked for, because it ran in another container
 * or on another machine, that takes up to 10 s.
 *
 * @returns the file, for `touch` and `giveBack`
 * @throws Error with code `ERR_POOL_STORE` that names the holder
 */
export async function takeLock(folder: string): Promise<string> {
  const holder = self()
  for (;;) {
    const [highest = 0] = numbers(folder)
    if (highest > 0) {
      const file = fileOf(folder, highest)
      const other = holderOf(file)
      const alive = other === null ? false : other === undefined ? undefined : isAlive(other)
      if (alive === true || (alive === undefined && !(await isLeftAlone(file)))) {
        // It may have been taken over, or given back, while this one looked.
        const again = holderOf(file)
        if (numbers(folder)[0] === highest && again !== null) throw heldError(folder, again)
        continue
      }
    }
    if (!make(folder, highest + 1, holder)) continue
    const own = fileOf(folder, highest + 1)
    if (isHeld(own)) {
      for (const number of numbers(folder)) if (number <= highest) rmSync(fileOf(folder, number), { force: true })
      return own
    }
    rmSync(own, { force: true })
  }
}

/** Whether no one has taken it over. */
export function isHeld(file: string): boolean {
  const [folder, number] = [join(file, '..'), Number(NAME.exec(file.slice(join(file, '..').length + 1))?.[1])]
  return attempt(() => numbers(folder)[0]) === number
}

/** Shows that its holder is there. */
export function touch(file: string): void {
  const now = new Date()
  utimesSync(file, now, now)
}

/** The file stays, so that its number is not used again. */
export function giveBack(file: string): void {
  if (isHeld(file)) writeFileSync(file, 'null')
}
