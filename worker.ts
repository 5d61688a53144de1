export type { Transferable } from './src/threads/transfer.js'
export { type CurrentTask, currentTask, isWorkerThread, transfer, workerData } from './src/threads/entry.js'
