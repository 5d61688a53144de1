import { closeSync, existsSync, fsyncSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import type { PGlite } from '@electric-sql/pglite' with { 'resolution-mode': 'import' }

import { peer } from '../../peer.js'
import { storeError } from '../../store-error.js'
import { type Syncs, syncedFiles } from './synced-files.js'

/** The one version whose insides are known: those that `synced-files.ts` changes have moved between releases. */
const VERSION = '0.5.17'
const INSTALL = `bullmq@6 @electric-sql/pglite@${VERSION}`

/** Says that a database is whole: what is there without it was left while it was made. */
const WHOLE = 'workpool-jobs'

export interface OpenDatabase {
  readonly database: PGlite
}

/**
 * Opens the database of a folder, or makes it. Every commit that it tells of is on the disk.
 *
 * @throws Error with code `ERR_POOL_PEER` or `ERR_POOL_STORE`
 */
export async function openDatabase(data: string): Promise<OpenDatabase> {
  const [{ PGlite: Postgres }, { NodeFS: Files }] = await peer(
    () => Promise.all([import('@electric-sql/pglite'), import('@electric-sql/pglite/nodefs')]),
    '"file:"',
    INSTALL,
  )
  checkVersion()
  const isNew = !existsSync(join(data, WHOLE))
  if (isNew) rmSync(data, { recursive: true, force: true })
  const syncs: Syncs = { count: 0 }
  const database = new Postgres({
    fs: syncedFiles(Files, data, syncs),
    startParams: [...Postgres.defaultStartParams.filter((parameter) => parameter !== '-F'), ...settings()],
  })
  try {
    await database.waitReady
    await checkSyncs(database, syncs)
    if (isNew) {
      await database.exec('CREATE SCHEMA IF NOT EXISTS bullmq')
      await database.exec('CHECKPOINT')
      writeFileSync(join(data, WHOLE), `PGlite ${VERSION}\n`)
      // PGlite puts the files of a new database there without a sync.
      syncAll(data)
      syncFile(dirname(data))
    }
    return { database }
  } catch (error) {
    await database.close().catch(() => {})
    throw (error as { code?: unknown }).code === 'ERR_POOL_STORE'
      ? error
      : storeError(`the database in ${data} cannot be opened: ${String((error as Error)?.message ?? error)}`, error)
  }
}

function settings(): string[] {
  const values = {
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    wal_sync_method: 'fsync',
    // The memory of a process, not of a server. Half of what a job needs is in the cache of the system.
    shared_buffers: '8MB',
    max_wal_size: '64MB',
    min_wal_size: '32MB',
    search_path: 'bullmq',
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Each commit is one sync at least; if PGlite does not ask for one, jobs could be lost that were acknowledged. */
async function checkSyncs(database: PGlite, syncs: Syncs): Promise<void> {
  await database.exec('CREATE TABLE IF NOT EXISTS public.workpool_opened (at timestamptz NOT NULL)')
  const before = syncs.count
  await database.exec('DELETE FROM public.workpool_opened; INSERT INTO public.workpool_opened VALUES (now())')
  if (syncs.count > before) return
  throw storeError('PGlite does not write commits through to the disk (fsync), so that a power failure could lose jobs')
}

function checkVersion(): void {
  const path = require.resolve('@electric-sql/pglite')
  const { version } = JSON.parse(readFileSync(join(dirname(path), '../package.json'), 'utf8')) as { version: string }
  if (version === VERSION) return
  throw storeError(`"file:" needs PGlite ${VERSION} and has found ${version}; install it: npm install ${INSTALL}`)
}

function syncAll(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) syncAll(path)
    else if (entry.isFile()) syncFile(path)
  }
  syncFile(folder)
}

/** Windows cannot open folders, and writes their entries by itself. */
function syncFile(path: string): void {
  let descriptor: number
  try {
    descriptor = openSync(path, process.platform === 'win32' ? 'r+' : 'r')
  } catch (error) {
    if (process.platform === 'win32') return
    throw error
  }
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
