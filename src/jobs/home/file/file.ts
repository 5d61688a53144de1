import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { BackendFactory } from 'bullmq'

import type { HomeOptions, Home } from '../home.js'

import { Shared } from '../shared.js'
import { storeError } from '../store-error.js'
import { Database } from './database.js'
import { takeLock } from './lock.js'

const databases = new Shared<Database>((database) => database.close())

const SCHEMA = 'bullmq'

/** All queues of this isolate that live in one folder share its database. */
export async function openFile(where: string, { bullmq, logger }: HomeOptions): Promise<Home> {
  const folder = folderOf(where)
  const { value, release } = await databases.acquire(folder, async () => {
    const database = new Database({ data: join(folder, 'data'), lock: await takeLock(folder) }, folder, logger)
    try {
      await database.opened
      const session = await database.connect()
      await bullmq.runMigrations(session, SCHEMA)
      session.release()
      return database
    } catch (error) {
      await database.close()
      throw error
    }
  })
  return {
    kind: 'file',
    engine: { connection: value, backend: bullmq.createPostgresBackend as BackendFactory },
    refusesNul: true,
    close: release,
  }
}

/** The folder, which is there afterwards: `file:./jobs`, `file:/var/jobs` or what `pathToFileURL` gives. */
function folderOf(where: string): string {
  const folder = where.startsWith('file://') ? fileURLToPath(where) : resolve(where.slice('file:'.length))
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!statSync(folder).isDirectory()) throw new Error('it is no folder')
    return realpathSync(folder)
  } catch (error) {
    throw storeError(`jobs cannot live in ${folder}: ${(error as Error).message}`, error)
  }
}
