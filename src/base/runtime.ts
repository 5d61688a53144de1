import { process } from './intrinsics.js'

/** What runtimes other than Node cannot do, where their globals do not show it. */
const versions: Readonly<Record<string, string | undefined>> = process.versions

/**
 * The name of the runtime, if it does not report that a thread has reached its `resourceLimits`: Bun has no limits, and
 * Deno (2.9) stops the thread and tells nobody.
 */
export const withoutLimits: string | undefined =
  versions['bun'] !== undefined ? 'Bun' : versions['deno'] !== undefined ? 'Deno' : undefined

/** Whether this is Node itself, and its message ports are as `liveness.ts` knows them. */
export const isNode: boolean = versions['bun'] === undefined && versions['deno'] === undefined

/** Whether `node:v8` can serialize: Bun (1.4) has the classes, and their constructors throw. */
export const canSerialize = versions['bun'] === undefined
