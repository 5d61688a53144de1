import type { WorkerOptions } from 'node:worker_threads'

/**
 * What can be moved: an `ArrayBuffer`, a `MessagePort`, a stream and so on. `bytes.buffer` fits as it is; a buffer of
 * shared memory is refused when it is moved. The type comes from `WorkerOptions`, where every version of `@types/node`
 * has it.
 */
export type Transferable = NonNullable<WorkerOptions['transferList']>[number] | ArrayBufferLike
