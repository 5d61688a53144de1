/** A stream by hand, in the thread: chunks go out by the message port as long as there is credit. */
import { parentPort, workerData } from 'node:worker_threads'

import * as generators from '../tasks/chunks.mjs'

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)
let credit = workerData.highWaterMark
/** @type {Generator<unknown> | undefined} */
let generator

port.on('message', ({ start, many, consumed }) => {
  if (start !== undefined) generator = generators[/** @type {'numbers' | 'objects'} */ (start)](many)
  else credit += consumed
  while (generator !== undefined && credit > 0) {
    const { value, done } = generator.next()
    port.postMessage({ value, done })
    if (done) generator = undefined
    else credit--
  }
})
