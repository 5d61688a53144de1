/** What of its memory a process uses, or once used. */
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The mark of `resourceUsage` survives exec on Linux: it would be that of whoever started this process. */
export function peakRssMb() {
  try {
    return Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
  } catch {
    return process.resourceUsage().maxRSS / 1024
  }
}

/** The heap after a collection, for a question of what is left. Nothing is timed that comes after it. */
export async function heldMb() {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  // What finalizers let go of is collected the second time.
  for (let i = 0; i < 2; i++) {
    collect()
    await turn()
  }
  return process.memoryUsage().heapUsed / 2 ** 20
}
