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
