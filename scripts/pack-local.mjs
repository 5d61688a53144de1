/**
 * `npm run pack:local [-- --test]`: empties `artifacts/` and fills it with the two tarballs that this machine needs: the main package and
 * that of this platform, built as they are published. Without a network the addon is built by this machine's own linker.
 * `--test`: and tries them out.
 */
import { buildAddon } from './addon.mjs'
import { inspect } from './inspect-addon.mjs'
import { emptyFolder, packMain, packPlatform } from './pack.mjs'
import { testPackages } from './pack-test.mjs'
import { setUp } from './setup.mjs'
import { host } from './targets.mjs'

setUp()
const target = host()
let plain = false
let binary
try {
  binary = buildAddon(target)
} catch (error) {
  console.log(`${error.message}; linked by this machine’s own tools, the addon may need a system as new as this one`)
  plain = true
  binary = buildAddon(target, { plain })
}
inspect(binary, target, { plain })
const artifacts = emptyFolder()
packMain(artifacts)
packPlatform(target, binary, artifacts)
if (process.argv.includes('--test')) testPackages(artifacts)
