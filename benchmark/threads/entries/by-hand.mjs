/** The other side of a call that blocks: answers, counts the answer, wakes who waits for it. */
import { workerData } from 'node:worker_threads'

const { port, answers, task: file } = workerData
const { default: task } = await import(file)

port.on('message', (/** @type {unknown} */ argument) => {
  port.postMessage(task(argument))
  Atomics.add(answers, 0, 1)
  Atomics.notify(answers, 0)
})
