/** What is said to all threads of some pools, and what is seen of them. */
import { rejectedLater } from '../base/intrinsics.js'
import { checkBroadcastOptions } from '../options/broadcast-options.js'
import { checkProfileOptions } from '../options/profile-options.js'
import { broadcast } from '../threads/broadcast/broadcast.js'
import { type ThreadProfile, profilesOf } from '../threads/inspect/profiles.js'
import { type ThreadStack, stacksOf } from '../threads/inspect/stacks.js'
import type { ThreadOrigin } from '../threads/owner/thread-origin.js'
import { DEFAULT } from './call-verbs.js'

/** Calls an export in every live thread of these pools. */
export function broadcastChecking(
  origins: readonly ThreadOrigin[],
  argument: unknown,
  options: unknown,
): Promise<unknown[]> {
  try {
    const { name = DEFAULT, ...checked } = checkBroadcastOptions(options)
    return broadcast(
      origins.map(({ audience }) => audience),
      name,
      argument,
      checked,
    )
  } catch (error) {
    return rejectedLater(error)
  }
}

/** The stacks of the busy threads of these pools; `name`: that of them together. */
export function stacksOfAll(name: string, origins: readonly ThreadOrigin[]): Promise<ThreadStack[]> {
  return stacksOf(name, () => origins.flatMap((origin) => origin.occupations()))
}

/** The CPU profiles of the threads of these pools. */
export function profileChecking(
  name: string,
  origins: readonly ThreadOrigin[],
  options: unknown,
): Promise<ThreadProfile[]> {
  try {
    const { ms } = checkProfileOptions(options)
    const threads = () =>
      origins.flatMap((origin) => origin.occupations().map((occupation) => ({ ...occupation, pool: origin.name })))
    return profilesOf(name, threads, ms)
  } catch (error) {
    return rejectedLater(error)
  }
}
