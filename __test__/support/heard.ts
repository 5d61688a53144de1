import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import type { ExecutionContext } from 'ava'
import type { ChannelMessages } from 'workpool'

/** What is told on a channel of this pool from now on, until the test ends. */
export function hear<N extends keyof ChannelMessages>(
  t: ExecutionContext,
  channel: N,
  pool: string,
): ChannelMessages[N][] {
  const heard: ChannelMessages[N][] = []
  const listen = (message: unknown): void => {
    const told = message as ChannelMessages[N]
    if (told.pool === pool) heard.push(told)
  }
  subscribe(channel, listen)
  t.teardown(() => void unsubscribe(channel, listen))
  return heard
}
