/**
 * Waits so many milliseconds, without the processor; gives them back. An abort ends it where the library tells the task of one, as
 * workpool and workerpool do. piscina and tinypool end the thread; poolifier and a bare port tell nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'

const [library] = /** @type {string} */ (process.env.BENCHMARK_LIBRARY).split(', ')
const { currentTask } = library === 'workpool' ? await import('workpool/worker') : {}

export default async function wait(/** @type {number} */ ms) {
  await sleep(ms, undefined, { signal: currentTask ? currentTask().signal : workerpoolSignal() })
  return ms
}

/** workerpool leaves its side of the thread on the function. */
function workerpoolSignal() {
  const { worker } = /** @type {any} */ (wait)
  if (!worker) return undefined
  const controller = new AbortController()
  worker.addAbortListener(async () => controller.abort())
  return controller.signal
}
