/** synckit wants the thread's module to register its task. */
import { runAsWorker } from 'synckit'

const { default: task } = await import(/** @type {string} */ (process.env.BENCHMARK_TASK))

runAsWorker(task)
