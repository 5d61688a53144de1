export type { Transferable } from './src/base/transferable.js'
export { carried } from './src/threads/inside/carried.js'
export {
  type CurrentTask,
  currentTask,
  isWorkerThread,
  maybeCurrentTask,
  transfer,
  workerData,
} from './src/threads/inside/entry.js'
