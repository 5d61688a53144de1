import { monotonicNow } from '../../base/intrinsics.js'
import { storeError } from './store-error.js'

const LOOKS = 3

/**
 * BullMQ writes the ends of leases on PostgreSQL by the clock of whoever takes a job, and compares them with the clock of
 * whoever looks for stalled ones. A lease is renewed when half of it is over, so two clocks must agree better than that;
 * each therefore with the server's within a quarter.
 *
 * @param serverTime asks the server for its clock, in ms since 1970
 * @param lease in ms
 * @throws Error with code `ERR_POOL_STORE`
 */
export async function compareClocks(serverTime: () => Promise<number>, lease: number): Promise<void> {
  let [ahead, doubt] = [0, Infinity]
  // The answer of the shortest way there and back says most.
  for (let i = 0; i < LOOKS; i++) {
    const asked = monotonicNow()
    const before = Date.now()
    const there = await serverTime()
    const way = (monotonicNow() - asked) / 2
    if (way < doubt) [ahead, doubt] = [before + way - there, way]
  }
  if (Math.abs(ahead) - doubt < lease / 4) return
  const much = `${(Math.abs(ahead) / 1_000).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'}`
  throw storeError(
    `the clock of this machine is ${much} that of PostgreSQL: with a lease of ${lease} ms they must agree within ${lease / 4} ms, or jobs that run are taken for stalled; set the clocks (NTP), or take a longer lease`,
  )
}
