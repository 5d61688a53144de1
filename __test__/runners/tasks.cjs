/** What threads run for the cases: no test runner is loaded there. */
const { currentTask, isWorkerThread, transfer, workerData } = require('workpool/worker')

module.exports = {
  echo: (value) => value,
  add: (a, b) => a + b,
  fail(message) {
    throw Object.assign(new RangeError(message), { code: 'ERR_OF_A_TASK' })
  },
  where: () => ({ isWorkerThread, name: currentTask().name, workerData }),
  bytes: (length) => {
    const bytes = new Uint8Array(length).fill(7)
    return transfer(bytes, [bytes.buffer])
  },
  /** Keeps its thread longer than the event loop may be kept waiting. */
  work(milliseconds) {
    const end = performance.now() + milliseconds
    while (performance.now() < end);
    return milliseconds
  },
  crash() {
    process.exit(3)
  },
  /** Replaces the timers of this thread, as a task module that is tested itself may do. */
  fakeTimers() {
    require('node:test').mock.timers.enable({ apis: ['setTimeout', 'setImmediate', 'setInterval', 'Date'] })
  },
}
