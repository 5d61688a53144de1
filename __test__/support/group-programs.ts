/**
 * Random programs of groups: nested blocks over a pool, or over several as one, that is tuned, cleared and released meanwhile. Tasks succeed,
 * fail, heed their signals or do not, submit more, and abort; groups have limits and timeouts. Each program keeps its own accounts, and is
 * held against what a group promises.
 */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

import { MultiPool, Pool } from 'workpool'

import { within } from './until.js'

type Random = () => number

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What one group has done. */
interface Account {
  /** Functions that have been called and have not ended. */
  running: number
  most: number
  isOver: boolean
  readonly promises: { settled: number }[]
}

const MODES = ['all', 'any', 'allSettled'] as const
const DEEPEST = 3
const HANG_MS = 20_000

/** Plays the program of a seed; gives what it has broken, in words. */
export async function playGroups(seed: number): Promise<string[]> {
  const random = randomOf(seed)
  const upTo = (most: number): number => Math.floor(random() * (most + 1))
  const pick = <T>(values: readonly T[]): T => values[upTo(values.length - 1)]!
  const wrong: string[] = []
  const options = {
    // Blocks within blocks may wait for each other: then they are aborted in the end, and no word of it is needed.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    size: 1 + upTo(5),
    ...(random() < 0.2 && { maxBlockingTasks: 1 + upTo(8) }),
    ...(random() < 0.15 && { nonblocking: true }),
  }
  const pool =
    random() < 0.2 ? (MultiPool.create({ ...options, pools: 2 }) as unknown as Pool<void>) : Pool.create(options)
  /** No program fills the memory. */
  let left = 60

  async function block(depth: number, outer: AbortSignal | undefined): Promise<void> {
    const limit = random() < 0.4 ? 1 + upTo(2) : undefined
    const account: Account = { running: 0, most: 0, isOver: false, promises: [] }
    const mode = pick(MODES)
    try {
      await using group = pool.group({
        mode: mode as 'all',
        limit,
        signal: outer,
        timeout: random() < 0.2 ? 1 + upTo(4) : undefined,
        taskTimeout: random() < 0.2 ? 1 + upTo(3) : undefined,
      })

      const submit = (): void => {
        if (left-- <= 0) return
        const kind = upTo(9)
        const turns = upTo(3)
        const promised = { settled: 0 }
        account.promises.push(promised)
        const promise = group.submit(
          async ({ signal }) => {
            if (account.isOver) wrong.push('a function was called behind the block')
            account.most = Math.max(account.most, ++account.running)
            try {
              if (kind === 0) throw new Error('at once')
              for (let i = 0; i < turns; i++) await turn()
              if (kind === 1) throw new Error('later')
              if (kind === 2 && !signal.aborted)
                await new Promise((resolve) => signal.addEventListener('abort', resolve))
              // Whoever ignores the signal goes on for a while.
              if (kind === 3) await delay(1 + turns)
              if (kind === 4) submit()
              if (kind === 5) group.abort(new Error('from inside'))
              if (kind === 6 && depth < DEEPEST) await block(depth + 1, group.signal)
              return kind
            } finally {
              account.running--
              if (account.isOver) wrong.push('a function ended behind the block')
            }
          },
          random() < 0.1 ? { signal: AbortSignal.timeout(1 + upTo(2)) } : {},
        )
        const note = (): void => {
          promised.settled++
        }
        promise.then(note, note)
      }

      // A task that heeds alone never ends by itself.
      const ends = setTimeout(() => group.abort(new Error('in the end')), 8)
      for (let count = upTo(6); count > 0; count--) submit()
      const last = upTo(5)
      if (last === 0) throw new Error('the block fails')
      if (last === 1) group.abort('from the block')
      if (last === 2) await turn()
      if (last >= 3) {
        const known = account.promises.length
        const joined = group.join()
        for (let count = upTo(2); count > 0; count--) submit()
        await joined.catch(() => {})
        // Functions that had settled before may have submitted more since.
        if (group.results.size < known) wrong.push('join has settled before its tasks')
      }
      clearTimeout(ends)
    } catch {
      // What the block throws is looked at elsewhere.
    }
    account.isOver = true
    if (account.running > 0) wrong.push(`${account.running} functions outlive the block`)
    if (limit !== undefined && account.most > limit)
      wrong.push(`${account.most} run at once, and the limit is ${limit}`)
    // Their reactions have had their turn.
    await turn()
    const unsettled = account.promises.filter(({ settled }) => settled !== 1).length
    if (unsettled > 0) wrong.push(`${unsettled} promises have not settled once`)
  }

  // What waits may be thrown out, and the pool may grow and shrink.
  const turns = [() => void pool.clear(), () => pool.tune(1), () => pool.tune(8), () => pool.release()]
  if (random() < 0.3) setTimeout(pick(turns), upTo(5))
  const controller = new AbortController()
  if (random() < 0.2) setTimeout(() => controller.abort('the whole program'), upTo(5))
  await within(block(0, controller.signal), `the block of program ${seed} ends`, HANG_MS)
  await within(pool.drain(), `the pool of program ${seed} is quiet`, HANG_MS)
  const { submitted, unsettled } = pool.stats()
  if (unsettled > 0) wrong.push(`${unsettled} of ${submitted} tasks are unsettled`)
  return wrong
}
