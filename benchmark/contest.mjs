/** Who is ahead? A question names its contests; pages, charts and the overview read them. */
import { inShort } from './chart.mjs'

/**
 * A yardstick takes no part: it is not a peer but what the language itself does, or the same under other circumstances. Null is what never
 * came to an end.
 *
 * @typedef {{ name: string, value: number | null, low?: number, high?: number, isYardstick?: boolean }} Entry
 */
/**
 * @typedef {object} Contest
 * @property {string} label
 * @property {string} unit
 * @property {string} own whose other settings are `<own>, …`
 * @property {Entry[]} entries
 * @property {boolean} [isHigherBetter]
 */

/** @param {Contest} contest @param {Entry} entry */
const isOwn = ({ own }, { name }) => name === own || name.startsWith(`${own},`)

/** How many times better `a` is than `b`. @param {Contest} contest @param {Entry} a @param {Entry} b */
function ratio({ isHigherBetter }, a, b) {
  if (a.value === null || b.value === null) return a.value === b.value ? 1 : a.value === null ? 0 : Infinity
  return isHigherBetter ? a.value / b.value : b.value / a.value
}

/** @param {Contest} contest */
function standing(contest) {
  const own = /** @type {Entry} */ (contest.entries.find(({ name }) => name === contest.own))
  const peers = contest.entries.filter((entry) => !entry.isYardstick && !isOwn(contest, entry))
  return { own, peers: peers.toSorted((a, b) => Math.sign(ratio(contest, b, a) - ratio(contest, a, b))) }
}

/** The contests in which peers beat us, one line each. @param {readonly Contest[]} contests */
export function aheadOfUs(contests) {
  return contests.flatMap((contest) => {
    const { own, peers } = standing(contest)
    const ahead = peers
      .filter((peer) => ratio(contest, peer, own) > 1)
      .map((peer) => `${peer.name} ${show(peer)}${overlap(peer, own)}`)
    return ahead.length > 0
      ? [`${contest.label}, ${contest.unit}: ${own.name} ${show(own)}; ahead of it: ${ahead.join(', ')}`]
      : []
  })
}

/** Whether rounds of one were in the range of the other. @param {Entry} a @param {Entry} b */
function overlap(a, b) {
  if (a.low === undefined || a.high === undefined || b.low === undefined || b.high === undefined) return ''
  return a.low <= b.high && b.low <= a.high ? ' (rounds overlap)' : ''
}

/** @param {Entry} entry */
const show = ({ value }) => (value === null ? 'never' : inShort(value))

/**
 * A row of the overview: what, ours, the best peer, how many times better we are.
 *
 * @param {Contest} contest
 */
export function toRow(contest) {
  const { own, peers } = standing(contest)
  const [best] = peers
  if (!best) return undefined
  const times = ratio(contest, own, best)
  return [
    `${contest.label}, ${contest.unit}`,
    show(own),
    `${best.name}: ${show(best)}`,
    Number.isFinite(times) ? `${inShort(times)}×` : '∞',
  ]
}
