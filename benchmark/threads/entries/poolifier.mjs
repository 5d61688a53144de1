/** poolifier wants the thread's module to make a `ThreadWorker` of its task. */
import { ThreadWorker } from 'poolifier'

const { default: task } = await import(/** @type {string} */ (process.env.BENCHMARK_TASK))

export default new ThreadWorker(task)
