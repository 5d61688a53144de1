/** A thread without a library: a message is an argument, the answer its result. */
import { parentPort } from 'node:worker_threads'

const { default: task } = await import(/** @type {string} */ (process.env.BENCHMARK_TASK))
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)

// Known for the whole life of the thread: no message has to carry it.
const moves = process.env.BENCHMARK_TASK?.endsWith('/bounce.mjs')

const answer = (/** @type {any} */ result) =>
  moves ? port.postMessage(result.value, result.transfer) : port.postMessage(result)

port.on('message', (argument) => {
  const result = task(argument)
  if (result instanceof Promise) void result.then(answer)
  else answer(result)
})
