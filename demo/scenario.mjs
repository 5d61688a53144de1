/**
 * What the demo plays: one upstream, three ways to call it, three loads. Every number lives here; what follows from them is measured.
 */

/**
 * The upstream, see upstream.mjs. With these numbers it completes `slots / serviceMs`, 100 queries per second, at its best:
 * few enough that the server's own CPU time, which other work on the machine competes for, decides nothing.
 */
export const upstream = {
  slots: 5,
  serviceMs: 50,
  contention: 0.05,
}

/** Queries per second beyond which more load only makes the upstream slower. */
export const upstreamPerSecond = (upstream.slots * 1000) / upstream.serviceMs

/**
 * The pool in front of it.
 * - `size`: the upstream's slots and one more, so that a query is on its way while five are worked on.
 * - `maxBlockingTasks`: 50 waiting tasks are half a second of the upstream's work. Whoever comes later would wait longer than that: the
 *   honest answer is an immediate "not now".
 * - `waitTimeout`: what a task may wait and still be answered well within the deadline. It counts when the upstream is slower than usual.
 */
export const pool = {
  size: 6,
  maxBlockingTasks: 50,
  waitTimeout: 450,
}

/**
 * The same pool with controlled delay, which is for loads far above: once its queue has stood for `interval`, the newest task starts first,
 * and whoever has waited longer than `target` is refused. A burst still may wait: its queue is gone before `interval` is over.
 */
export const shed = { target: 50, interval: 500 }

/**
 * The upstream that halves: for a while it has half of its slots. It has more of them than the other one, as an algorithm that is to find
 * their number needs some hundred queries for a look at it. `load` is a multiple of what it can take while it is whole.
 * - `shares`: of the slots, one phase after the other.
 * - `settleMs`: at the begin of each phase, for an algorithm to find the size; what is answered after it counts.
 * - `every`: how often `adapt` looks. Of the queries that the upstream can take, a hundred are between two looks.
 */
export const halving = {
  slots: 20,
  load: 1.25,
  shares: [1, 0.5, 1],
  settleMs: 8_000,
  measuredMs: 4_000,
  every: 250,
  maxBlockingTasks: 200,
}

/** The pools in front of it: fixed ones of the size that suits a phase, and two that begin with a size that suits none. */
export const contenders = [
  { name: 'fixed, 22', mode: 'fixed', size: 22 },
  { name: 'fixed, 11', mode: 'fixed', size: 11 },
  { name: 'adaptive from 2', mode: 'adaptive', size: 2 },
  { name: 'adaptive from 200', mode: 'adaptive', size: 200 },
]

/** An answer later than this is of no use to the one who asked: only earlier ones count as good. */
export const deadlineMs = 1_000

/** When a client hangs up. Above one second, because autocannon's timeout also runs while a connection has nothing to do, see load.mjs. */
export const patienceMs = 1_250

/** Offered load, as a multiple of what the upstream can take. */
export const phases = [
  { name: 'below', load: 0.5 },
  { name: 'at', load: 1 },
  { name: 'far above', load: 4 },
]

/** @typedef {'unbounded' | 'pool' | 'shed'} Mode */

/** To shed is for loads far above: below, no queue stands, and `shed` does what `pool` does. @type {(phase: { load: number }) => Mode[]} */
export const modesOf = ({ load }) => (load > 1 ? ['unbounded', 'pool', 'shed'] : ['unbounded', 'pool'])

/** Each run fills up for as long as a client is patient; only then is the load steady and worth measuring. */
export const rampMs = patienceMs
export const measuredMs = 5_000
