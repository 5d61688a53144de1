export type { Transferable } from './src/base/transferable.js'
export { type CurrentTask, currentTask, isWorkerThread, transfer, workerData } from './src/threads/inside/entry.js'
