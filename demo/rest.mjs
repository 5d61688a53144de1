/**
 * Whether the processes of a run had processor time to spare. A pool decides about what reaches it; where a server never comes to rest,
 * requests wait for the server itself, in front of every pool, and clients that give up there and connect again cost it more than
 * answers. Such a run shows how busy the machine is, and nothing about pools.
 */
import { performance } from 'node:perf_hooks'

/** An event loop that has something to do for a larger share of its time than this is late with all it does. */
const mostShare = 0.9

/** @typedef {import('node:perf_hooks').EventLoopUtilization} Loop */
/** @typedef {{ name: string, share: number }} Restless a process that never came to rest, and the share of its time that it was busy */

/** How this process's event loop has spent its time until now. */
export const ownLoop = () => performance.eventLoopUtilization()

/**
 * The busiest process between two readings, if it did not come to rest.
 * @param {Record<string, Loop>} before
 * @param {Record<string, Loop>} after
 * @returns {Restless | undefined}
 */
export function restless(before, after) {
  const shares = Object.keys(after).map((name) => {
    const active = after[name].active - before[name].active
    const idle = after[name].idle - before[name].idle
    // A process that has not even reported was at nothing but work.
    return { name, share: active + idle > 0 ? active / (active + idle) : 1 }
  })
  const [busiest] = shares.sort((a, b) => b.share - a.share)
  return busiest.share > mostShare ? busiest : undefined
}
