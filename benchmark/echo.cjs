/** What the threads of `threads.mjs` do: nothing but give back what they get. For a pool's thread, and for a bare port. */
const { parentPort, workerData } = require('node:worker_threads')

module.exports = (/** @type {unknown} */ value) => value

if (workerData === 'bare port') parentPort?.on('message', (message) => parentPort.postMessage(message))
