/** `npm run check:package`: the main package as it is published, by publint, attw and its size; and by knip what nobody uses. */
import { join } from 'node:path'
import { entries } from './entries.mjs'
import { emptyFolder, packMain } from './pack.mjs'
import { root, run } from './run.mjs'
import { setUp } from './setup.mjs'
import { obtain } from './tools.mjs'

/** Most bytes of its tarball, and unpacked. A sixth of them is the page of `workpool/console`, and as much is `workpool/jobs`: no other program loads these. */
const BUDGET = { size: 215_000, unpackedSize: 690_000 }

setUp()
const tools = obtain('package', {
  publint: '0.3.25',
  '@arethetypeswrong/cli': '0.18.5',
  knip: '6.44.2',
  typescript: '5.9.3',
})
const tool = (path, args) => run(process.execPath, [join(tools, path), ...args])
const { path, files, ...sizes } = packMain(emptyFolder(join(root, 'target/pack/tarballs')))
tool('publint/src/cli.js', [path, '--strict'])
// The resolution of Node 10 knows no `exports`, so it has no `workpool/worker`.
tool('@arethetypeswrong/cli/dist/index.js', [path, '--profile', 'node16', '--format', 'ascii'])
tool('knip/bin/knip.js', ['--directory', root])
for (const [what, most] of Object.entries(BUDGET)) {
  if (sizes[what] <= most) continue
  console.error(`the package is too large: ${what} ${sizes[what]}, at most ${most}`)
  process.exitCode = 1
}
const types = new Set(entries.map(({ path }) => `dist/${path}.d.ts`))
const unwanted = files.filter(
  (file) => !types.has(file) && !/^(dist\/.*\.js|include\/.*\.hp*|package\.json|[A-Z]+(\.md)?)$/.test(file),
)
if (unwanted.length > 0) {
  console.error(`not for the package: ${unwanted.join(', ')}`)
  process.exitCode = 1
}
