export { type CurrentTask, currentTask, isWorkerThread, transfer, workerData } from './src/threads/entry.js'
