export type { Transferable } from './src/base/transferable.js'
export {
  type CurrentTask,
  currentTask,
  isWorkerThread,
  maybeCurrentTask,
  transfer,
  workerData,
} from './src/threads/inside/entry.js'
