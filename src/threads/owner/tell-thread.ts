/** What an owner tells of its threads on the channels of `diagnostics_channel`. */
import { monotonicNow } from '../../base/intrinsics.js'
import { type ChannelMessages, tell } from '../../observe/channels.js'
import type { Report } from '../messages.js'
import type { Member } from './member.js'

const names = (pool: string, { worker, threadId }: Member) => ({ pool, worker, threadId })

/** It has loaded its module. */
export const tellStarted = (pool: string, member: Member): void =>
  tell('workpool:thread:started', () => ({ ...names(pool, member), bootMs: monotonicNow() - member.startedAt }))

export const tellRecycled = (pool: string, member: Member, { by }: Extract<Report, { kind: 'recycled' }>): void =>
  tell('workpool:thread:recycled', () => ({ ...names(pool, member), ...by }))

function howEnded({ isRetiring, isKilled, hasLoaded }: Member): ChannelMessages['workpool:thread:ended']['how'] {
  if (isRetiring) return 'retired'
  if (!hasLoaded) return 'unloaded'
  return isKilled ? 'killed' : 'crashed'
}

export function tellEnded(pool: string, member: Member, exitCode: number): void {
  const how = howEnded(member)
  tell('workpool:thread:ended', () => ({ ...names(pool, member), exitCode, how }))
  if (how !== 'crashed') return
  const { cause } = member
  const error = cause === undefined ? {} : { error: cause }
  tell('workpool:thread:crashed', () => ({ ...names(pool, member), exitCode, ...error }))
}
