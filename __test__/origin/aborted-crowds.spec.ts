// Very much that one signal ends: maps with very many items in flight, very many who listen. It is aborted in slices, and what has
// not had its turn yet does not go on as if nothing had been.
import test from 'ava'
import { Pool } from 'workpool'

import { gate, occupy } from '../support/gate.js'
import { rejection } from '../support/until.js'

/** So many that to abort them takes several times as long as the event loop may wait. */
const CROWD = 20_000

const turn = () => new Promise(setImmediate)
const never = (): Promise<never> => new Promise(() => {})

/** Counts the turns of the event loop until `isOver`. */
async function turnsUntil(isOver: () => boolean): Promise<number> {
  let turns = 0
  for (; !isOver(); turns++) await turn()
  return turns
}

function aborter() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(new Error('enough')) }
}

test.serial('a map with very many items in flight aborts them in slices, each once', async (t) => {
  const pool = Pool.create({ size: CROWD })
  const { signal, abort } = aborter()
  let aborted = 0
  const items = Array.from({ length: CROWD }, (_, i) => i)
  const results = pool.map(
    items,
    (_, context) => {
      context.signal.addEventListener('abort', () => aborted++)
      return never()
    },
    { signal },
  )
  const first = rejection(results.next())
  abort()
  const within = aborted
  t.is(await first, signal.reason)
  const turns = await turnsUntil(() => pool.stats().cancelled === CROWD)
  t.true(within > 0 && within < CROWD / 2, `${within} within the call`)
  t.true(turns > 1, `${turns} turns`)
  t.is(aborted, CROWD)
})

test.serial('an item of a map that waits is not called when its place comes free before it is aborted', async (t) => {
  const pool = Pool.create({ size: CROWD })
  const { signal, abort } = aborter()
  const occupant = gate()
  const called = new Set<number>()
  const items = function* () {
    for (let i = 0; i < CROWD - 1; i++) yield i
    // It takes the last place, so this item waits.
    void pool.submit(() => occupant.promise)
    yield CROWD
  }
  const results = pool.map(
    items(),
    (item) => {
      called.add(item)
      return never()
    },
    { signal },
  )
  const first = rejection(results.next())
  t.is(pool.stats().waiting, 1)
  abort()
  occupant.open()
  await first
  await turnsUntil(() => pool.stats().cancelled >= CROWD - 1)
  t.is(called.size, CROWD - 1)
  t.is(pool.stats().waiting, 0)
})

test.serial('very many who ask a map for results get done in slices when it is left', async (t) => {
  const pool = Pool.create({ size: 1 })
  const { finish } = occupy(pool, 1)
  const results = pool.map([1], () => {})
  let done = 0
  for (let i = 0; i < 10 * CROWD; i++) void results.next().then((result) => (done += Number(result.done)))
  await results.return!()
  const within = done
  t.true(within < 10 * CROWD, `${within} at once`)
  await turnsUntil(() => done === 10 * CROWD)
  await finish()
})

test.serial('the signal of a pool aborts very many running tasks in slices, and none is left out', async (t) => {
  const { signal, abort } = aborter()
  const pool = Pool.create({ size: CROWD, signal })
  let aborted = 0
  const settled = Array.from({ length: CROWD }, () =>
    pool.submit((context) => {
      const { promise, open } = gate()
      context.signal.addEventListener('abort', () => {
        aborted++
        open()
      })
      return promise
    }),
  )
  abort()
  const within = aborted
  t.true(within > 0 && within < CROWD / 2, `${within} within the call`)
  await Promise.all(settled)
  t.is(aborted, CROWD)
})

test.serial(
  'very many batches on one signal reject in slices, and none of them starts or fulfils meanwhile',
  async (t) => {
    const pool = Pool.create({ size: 1 })
    const other = Pool.create({ size: 1 })
    const { finish } = occupy(pool, 1)
    const runs = gate()
    const { signal, abort } = aborter()
    const seen = { started: 0, fulfilled: 0, rejected: 0, isReason: true }
    const watch = (batch: Promise<unknown>) =>
      void batch.then(
        () => seen.fulfilled++,
        (error: unknown) => {
          seen.isReason &&= error === signal.reason
          seen.rejected++
        },
      )
    for (let i = 1; i < CROWD; i++) watch(pool.submitAll([() => void seen.started++, never], { signal }))
    watch(other.submitAll([() => runs.promise], { signal }))
    abort()
    runs.open()
    pool.tune(1_000)
    const turns = await turnsUntil(() => seen.fulfilled + seen.rejected === CROWD)
    t.deepEqual(seen, { started: 0, fulfilled: 0, rejected: CROWD, isReason: true })
    t.true(turns > 1, `${turns} turns`)
    await finish()
  },
)
