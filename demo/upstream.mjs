/**
 * The upstream: a stand-in for a database that serves whatever it is asked, all at once.
 *
 * The model is processor sharing with contention, the shape that Gunther's universal scalability law describes and that every overloaded
 * database shows:
 * - It has a number of slots (cores, disks). A query needs a slot for 50 ms on average, many of them less, some several times that:
 *   exponentially distributed.
 * - Up to as many queries as slots, each runs at full speed. Beyond, they share the slots evenly: everybody gets slower, nobody is refused.
 * - Each query beyond the slots also costs: locks held longer, caches shared, switching. With `contention` 0.05, ten times as many
 *   queries as slots get 69 % of the work done, a hundred times as many 17 %.
 * It is kind in one respect: a query whose client is gone is dropped at once. Many real ones run it to its end, and suffer more.
 */
import { createServer } from 'node:http'
import { upstream } from './scenario.mjs'
import { serve } from './service.mjs'

const { serviceMs, contention } = upstream
/** Given by whoever starts it, or as a message, if it is to have others than those of the scenario. */
let slots = Number(process.argv[2] ?? upstream.slots)
const tickMs = 2

/** @typedef {{ remainingMs: number, response: import('node:http').ServerResponse }} Query */
/** @type {Set<Query>} */
const queries = new Set()

/** The speed of one query while `count` share the slots; 1 = it has a slot to itself. */
function speed(/** @type {number} */ count) {
  const share = Math.min(1, slots / count)
  const beyond = Math.max(0, count - slots) / slots
  return share / (1 + contention * beyond)
}

/** Multiples of the golden ratio fill [0, 1) evenly: every few queries bring the whole mix of short and long, and no run is luckier. */
const goldenRatio = 0.618034
let draw = 0

function nextServiceMs() {
  draw = (draw + goldenRatio) % 1
  return -serviceMs * Math.log(1 - draw)
}

let workedUntil = performance.now()

/** Gives every query what it got since the last time. Elapsed time is measured, so a late timer costs no capacity. */
function work() {
  const now = performance.now()
  const progressMs = (now - workedUntil) * speed(queries.size)
  workedUntil = now
  for (const query of queries) {
    query.remainingMs -= progressMs
    if (query.remainingMs > 0) continue
    queries.delete(query)
    query.response.end('42')
  }
}

setInterval(work, tickMs)

const server = createServer((_request, response) => {
  work() // the time until now belongs to those who were here
  const query = { remainingMs: nextServiceMs(), response }
  queries.add(query)
  response.on('close', () => {
    if (queries.has(query)) work()
    queries.delete(query)
  })
})

process.on('message', (/** @type {{ slots: number }} */ message) => {
  work() // the time until now was with the slots before
  slots = message.slots
})

serve(server)
