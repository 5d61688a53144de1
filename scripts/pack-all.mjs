/**
 * `node scripts/pack-all.mjs [--tag v1.2.3]`: the gate of a release. Every platform's binary has to be in `target/addons/` and fit to be
 * published, and with `--tag` all versions have to agree; then `artifacts/` is filled with all tarballs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changesOf } from './changelog.mjs'
import { inspect } from './inspect-addon.mjs'
import { emptyFolder, packMain, packPlatform } from './pack.mjs'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'
import { manifest, targets } from './targets.mjs'

const binaryOf = ({ file }) => join(root, 'target/addons', file)

function checkTag(tag) {
  const crate = readFileSync(join(root, 'Cargo.toml'), 'utf8').match(/^version = "(.*)"$/m)[1]
  const versions = { 'package.json': manifest.version, 'Cargo.toml': crate }
  for (const [file, version] of Object.entries(versions)) {
    if (`v${version}` !== tag) throw new Error(`${tag} is tagged, but ${file} has version ${version}`)
  }
  changesOf(manifest.version)
}

const at = process.argv.indexOf('--tag')
if (at !== -1) checkTag(process.argv[at + 1])
const missing = targets.filter((target) => !existsSync(binaryOf(target)))
if (missing.length > 0) throw new Error(`not built: ${missing.map(({ file }) => file).join(', ')}`)
for (const target of targets) inspect(binaryOf(target), target)
setUp()
const artifacts = emptyFolder()
for (const target of targets) packPlatform(target, binaryOf(target), artifacts)
packMain(artifacts)
