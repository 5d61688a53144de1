import { execFile } from 'node:child_process'
import { appendFile, cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { ExecutionContext } from 'ava'

/** Whether the second copy is of the same version as the first one. */
export type Versions = 'same' | 'different'

const run = promisify(execFile)

/**
 * Runs `files['main.cjs']` in a folder where the package is installed twice, as `first/node_modules/workpool` and
 * `second/node_modules/workpool`; gives its lines.
 */
export async function runWithTwoCopies(
  t: ExecutionContext,
  versions: Versions,
  files: Record<string, string>,
): Promise<string[]> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'workpool-copies-')))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  for (const place of ['first', 'second']) {
    const folder = join(root, place, 'node_modules', 'workpool')
    await mkdir(folder, { recursive: true })
    await cp('package.json', join(folder, 'package.json'))
    for (const part of ['dist', 'binding']) await cp(part, join(folder, part), { recursive: true })
    if (place === 'first' || versions === 'same') continue
    // Another version has other code and another binary.
    await appendFile(join(folder, 'dist', 'shared-code.js'), '\n// of another version\n')
    for (const file of await readdir(join(folder, 'binding')))
      if (file.endsWith('.node')) await appendFile(join(folder, 'binding', file), ' ')
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(root, name, '..'), { recursive: true })
    await writeFile(join(root, name), text)
  }
  const { stdout, stderr } = await run(process.execPath, [join(root, 'main.cjs')], {
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  t.is(stderr, '')
  return stdout.replaceAll(root, '').replaceAll('\\', '/').trim().split('\n')
}
