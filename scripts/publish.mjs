/**
 * `node scripts/publish.mjs [--dry-run]`: publishes the tarballs of `artifacts/`, the main package last, so that it never points to what
 * is not there. May be repeated: what is published already is passed over.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.mjs'
import { manifest, targets } from './targets.mjs'

const { name, version } = manifest
const isDry = process.argv.includes('--dry-run')
const packages = [...targets.map(({ packageName }) => packageName), name]
const tarballOf = (of) => join(root, 'artifacts', `${of}-${version}.tgz`)

const missing = packages.filter((of) => !existsSync(tarballOf(of)))
if (missing.length > 0) throw new Error(`no tarball of ${missing.join(', ')}`)
const tag = version.includes('-') ? 'next' : 'latest'
for (const of of packages) {
  const isPublished =
    !isDry && spawnSync('npm', ['view', `${of}@${version}`, 'version'], { encoding: 'utf8' }).stdout.trim() === version
  if (isPublished) {
    console.log(`${of}@${version} is published`)
    continue
  }
  run('npm', [
    'publish',
    tarballOf(of),
    '--access',
    'public',
    '--tag',
    tag,
    ...(isDry ? ['--dry-run'] : ['--provenance']),
  ])
}
