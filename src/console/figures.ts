/**
 * What the numbers of a pool come to, for the page and for `workpool top`. Both run by themselves, so it imports nothing.
 */

/** How many tasks have ended, but for those that no worker has had. */
export const endedOf = (stats: Readonly<Record<'completed' | 'failed' | 'timedOut' | 'cancelled', number>>): number =>
  stats.completed + stats.failed + stats.timedOut + stats.cancelled

/** How many calls and tasks were refused, for whatever reason. */
export const refusedOf = ({ rejected }: { readonly rejected: object }): number =>
  Object.values(rejected).reduce((sum: number, times: number) => sum + times, 0)

/** The kind of the pool, and behind `separator` whether it is closed or paused. */
export function kindAndState(
  { kind, stats }: { readonly kind: string; readonly stats: Readonly<Record<'isClosed' | 'isPaused', boolean>> },
  separator: string,
): string {
  if (stats.isClosed) return `${kind}${separator}closed`
  return stats.isPaused ? `${kind}${separator}paused` : kind
}
