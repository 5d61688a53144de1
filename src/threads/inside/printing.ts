/**
 * What tasks print. Node sends it to the owner of the thread by a message port of its own: one write at a time, the
 * next one when the owner has asked for more. So what a task has written may be in the thread long after the end of the
 * task, and is lost if the thread or the process ends first. Therefore all of it is sent at the end of a task. What the
 * owner has been sent it reads within two turns of its event loop.
 */
import type { Writable } from 'node:stream'

import { throwLater } from '../../base/uncaught.js'

type Done = (error?: Error | null) => void
/** Writes that have been sent to the owner, and of which the owner has not said that it has read them. */
let unread = 0
/** Ends the current write of a stream for the stream, so that it sends what waits. */
const ends = new Set<Done>()

/** In a thread: what this stream sends is known from now on. */
export function trackPrints(outlet: Writable): void {
  const writev = outlet._writev
  // A stream of another runtime writes by itself.
  if (typeof writev !== 'function') return
  outlet._writev = (chunks, done) => {
    unread++
    const end: Done = (error) => {
      // Once is enough: it may have been ended below.
      if (ends.delete(end)) done(error)
    }
    ends.add(end)
    writev.call(outlet, chunks, (error) => {
      unread--
      end(error)
    })
  }
}

/** In a thread: sends what has been printed. Whether there may be something that the owner has not read. */
export function sendPrints(): boolean {
  if (unread === 0) return false
  // Not those that this makes: who writes more whenever a stream is empty would never end.
  const present = [...ends]
  for (const end of present) {
    try {
      end()
    } catch (error) {
      // Of a callback or a listener of the user, who gets it as if the owner had asked for more.
      throwLater(error)
    }
  }
  return true
}
