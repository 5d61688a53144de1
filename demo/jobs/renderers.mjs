/**
 * The tasks where jobs live in a folder, which one process has: each of its threads has a process of its own that renders. If that process dies,
 * the attempt fails; if it does not answer, the deadline of the job ends the thread, and its successor starts another process.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

let child
let ids = 0
const waiting = new Map()

function start() {
  const started = fork(fileURLToPath(new URL('renderer.mjs', import.meta.url)))
  started.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) resolve(result)
    else reject(new Error(error))
  })
  started.once('exit', (code, signal) => {
    if (child === started) child = undefined
    for (const { reject } of waiting.values()) reject(new Error(`process ${started.pid} has ended (${signal ?? code})`))
    waiting.clear()
  })
  return started
}

export function render(job) {
  child ??= start()
  return new Promise((resolve, reject) => {
    const id = ids++
    waiting.set(id, { resolve, reject })
    child.send({ id, job }, (error) => {
      if (error === null || !waiting.delete(id)) return
      reject(error)
    })
  })
}
