/** workerpool wants the thread's module to register its tasks. */
import workerpool from 'workerpool'

const { default: task } = await import(/** @type {string} */ (process.env.BENCHMARK_TASK))

workerpool.worker({ task })
