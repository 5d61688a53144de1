// However a task module is found and loaded, its exports are the tasks.
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'

import { child } from '../support/child.js'
import { threads } from '../support/threads.js'
import { rejection } from '../support/until.js'

const LOADED = join(process.cwd(), '__test__', 'fixtures', 'loaded')
const hook = (name: string) => pathToFileURL(join(LOADED, 'hooks', name)).href

/** A folder with a link in it. */
function linked(t: ExecutionContext, target: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'workpool-')))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const link = join(folder, 'link.cjs')
  symlinkSync(target, link, 'junction')
  return link
}

for (const execArgv of [[], ['--preserve-symlinks']]) {
  test(`a CommonJS module behind a link has all its exports: ${execArgv.join() || 'as usual'}`, async (t) => {
    const file = threads(t, { filename: linked(t, join(LOADED, 'assigned.cjs')), size: 1, execArgv })
    t.deepEqual(await file.tasks.computed!(1), ['computed', 1])
    t.deepEqual(await file.run(1), ['default', 1])
    const folder = threads(t, { filename: join(linked(t, LOADED), 'assigned.cjs'), size: 1, execArgv })
    t.deepEqual(await folder.tasks.computed!(2), ['computed', 2])
  })
}

test('under loader hooks that give the source of CommonJS modules are loaded, with all their exports', async (t) => {
  const execArgv = ['--import', hook('source.mjs')]
  const commonjs = threads(t, { filename: join(LOADED, 'assigned.cjs'), size: 1, execArgv })
  t.deepEqual(await commonjs.tasks.computed!(1), ['computed', 1])
  t.deepEqual(await commonjs.run(2), ['default', 2])
  const behindLink = threads(t, { filename: linked(t, join(LOADED, 'assigned.cjs')), size: 1, execArgv })
  t.deepEqual(await behindLink.tasks.computed!(3), ['computed', 3])
  const esm = threads(t, { size: 1, execArgv })
  t.is(await esm.run(4), 4)
})

test('the functions of an object that an ES module exports are no exports', async (t) => {
  for (const execArgv of [[], ['--import', hook('source.mjs')]]) {
    const pool = threads(t, { filename: join(LOADED, 'object.mjs'), size: 1, execArgv })
    t.is(await pool.tasks.outside!(), 'an export')
    t.like(await rejection(pool.tasks.inside!()), { code: 'ERR_POOL_OPTION' })
  }
})

// Later Node has taken the option back.
if (process.allowedNodeEnvironmentFlags.has('--experimental-default-type')) {
  test('modules are loaded if the default type of files is that of ES modules', async (t) => {
    const { stdout, stderr } = await child('modules', { execArgv: ['--experimental-default-type=module'] })
    t.deepEqual(JSON.parse(stdout || stderr), [['computed', 1], 2])
  })
}

test('what import refuses for its extension is required, if somebody has taught require the extension', async (t) => {
  const filename = join(LOADED, 'required.foo')
  const execArgv = ['--require', join(LOADED, 'hooks', 'foo.cjs')]
  const pool = threads(t, { filename, size: 1, execArgv })
  t.deepEqual(await pool.tasks.computed!(1), ['computed', 1])
  const error = await rejection(threads(t, { filename, size: 1 }).run(1))
  t.is(error.code, 'ERR_POOL_WORKER_START')
  t.is(error.cause.code, 'ERR_UNKNOWN_FILE_EXTENSION')
})
