import { process } from './intrinsics.js'

/** What other runtimes than Node cannot do, where it does not show in what they have. */
const versions: Readonly<Record<string, string | undefined>> = process.versions

/**
 * The runtime's name, if the end of a thread that reaches its `resourceLimits` is not reported: Bun has no limits, Deno (2.9) stops
 * the thread and tells nobody.
 */
export const withoutLimits: string | undefined =
  versions['bun'] !== undefined ? 'Bun' : versions['deno'] !== undefined ? 'Deno' : undefined

/** Whether this is Node itself, and its message ports are as `liveness.ts` knows them. */
export const isNode: boolean = versions['bun'] === undefined && versions['deno'] === undefined

/** Whether `node:v8` can serialize: Bun (1.4) has the classes, and their constructors throw. */
export const canSerialize = versions['bun'] === undefined
