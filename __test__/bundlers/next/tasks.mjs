/** The task module; Next does not touch it. */
import { isWorkerThread } from 'workpool/worker'

export const add = (a, b) => a + b
export const isInThread = () => isWorkerThread
