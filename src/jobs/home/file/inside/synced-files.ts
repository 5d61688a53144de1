import { fsyncSync } from 'node:fs'

import type { NodeFS } from '@electric-sql/pglite/nodefs' with { 'resolution-mode': 'import' }

/** What Emscripten calls for an open file. */
interface Stream {
  readonly nfd?: number
}
interface StreamOperations {
  fsync?(stream: Stream): number
}

/** WASI's number for an input or output error, on which PostgreSQL stops before it tells anybody of a commit. */
const EIO = 29

/** How many files have been written through to the disk. */
export interface Syncs {
  count: number
}

/**
 * The files of a database, for which `fsync` is what it says. Those of PGlite have none, so that its WASM takes every file
 * for written. (Only `fsync` is asked for: its `fdatasync` never comes here, hence `wal_sync_method=fsync`.)
 */
export function syncedFiles(Files: typeof NodeFS, folder: string, syncs: Syncs): NodeFS {
  class SyncedFiles extends Files {
    override async init(...[database, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
      const { emscriptenOpts } = await super.init(database, options)
      const sync = (module: { readonly NODEFS: unknown }): void => {
        const { stream_ops: operations } = module.NODEFS as { stream_ops: StreamOperations }
        operations.fsync = ({ nfd }) => {
          try {
            if (nfd !== undefined) fsyncSync(nfd)
            syncs.count++
            return 0
          } catch {
            return EIO
          }
        }
      }
      return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), sync] } }
    }
  }
  return new SyncedFiles(folder)
}
