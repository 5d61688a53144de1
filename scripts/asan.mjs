/**
 * `npm run test:asan [-- <spec> …]`: the addon under AddressSanitizer, on Linux with gcc: it is built so that every use of memory
 * that is not there, or not any more, ends the process, and a part of the suite, that of native jobs with addons under it as well, the fuzz of
 * payloads and 20 s of chaos run on it. `-- addons`: only native jobs.
 * In a copy of the tree, `target/asan/tree`, which has a binary of its own. About three minutes on two idle processors.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { buildAddons } from './addons.mjs'
import { root, run } from './run.mjs'
import { setUp } from './setup.mjs'
import { sources } from './entries.mjs'
import { host } from './targets.mjs'

/** What has to do with memory that isolates share, hand over or leave behind. */
const SPECS = [
  'native/raw-functions',
  'wire/payload',
  'wire/payload-errors',
  'native/isolates',
  'origin/cancellation',
  'pool/shared',
  'threads/shared',
  'threads/threads',
  'threads/cancel',
  'threads/crash',
  'threads/exit',
  'threads/payloads',
]
const COPIED = [
  'package.json',
  'ava.config.mjs',
  'tsconfig.json',
  'tsconfig.test.json',
  ...sources,
  'src',
  'dist',
  '__test__',
  'include',
  'target/js',
]

if (process.platform !== 'linux') {
  console.error('AddressSanitizer is set up for Linux only')
  process.exit(1)
}
setUp()
const target = host()
const folder = join(root, 'target/asan')

// The stable compiler has the sanitizer, but tells so only to those who insist.
run(
  'cargo',
  ['build', '--release', '--package', 'workpool-node', '--target', target.triple, '--target-dir', folder, '--quiet'],
  {
    env: {
      ...process.env,
      RUSTC_BOOTSTRAP: '1',
      RUSTFLAGS: `${process.env.RUSTFLAGS ?? ''} -Zsanitizer=address`.trim(),
      // What is to be read are the names in a report.
      CARGO_PROFILE_RELEASE_LTO: 'off',
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
      CARGO_PROFILE_RELEASE_DEBUG: '1',
      CARGO_PROFILE_RELEASE_STRIP: 'none',
    },
  },
)

const tree = join(folder, 'tree')
rmSync(tree, { recursive: true, force: true })
mkdirSync(join(tree, 'binding'), { recursive: true })
for (const name of COPIED) cpSync(join(root, name), join(tree, name), { recursive: true })
cpSync(join(folder, target.triple, 'release', target.library), join(tree, 'binding', target.file))
symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))

const reports = join(folder, 'reports')
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports)
const { stdout: runtime } = spawnSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' })
if (!existsSync(runtime?.trim() ?? '')) {
  console.error('the runtime of AddressSanitizer comes with gcc: install it')
  process.exit(1)
}
const env = {
  ...process.env,
  LD_PRELOAD: runtime.trim(),
  // Node itself gives nothing back at its end. Reports go to files, as the output of many processes is read by others.
  ASAN_OPTIONS: `detect_leaks=0:log_path=${join(reports, 'report')}`,
}

function runInTree(args, more = {}) {
  console.log(`── ${args.slice(0, 1).join(' ')}`)
  const { status } = spawnSync(process.execPath, args, { cwd: tree, stdio: 'inherit', env: { ...env, ...more } })
  if (status !== 0) process.exitCode = 1
}

const chosen = process.argv.slice(2)
const specs =
  chosen.length > 0 ? chosen.filter((name) => name !== 'addons') : SPECS.map((name) => `__test__/${name}.spec.ts`)
if (specs.length > 0)
  runInTree(['node_modules/ava/entrypoints/cli.mjs', '--concurrency', '1', '--timeout', '120s', ...specs])
if (chosen.length === 0 || chosen.includes('addons')) {
  // Those in C and C++ are watched, too.
  buildAddons(['-fsanitize=address', '-fno-omit-frame-pointer'], join(tree, 'target/fixtures'))
  const native = ['jobs', 'cpp', 'rust', 'several', 'exits'].map((name) => `__test__/addons/${name}.spec.ts`)
  runInTree(['node_modules/ava/entrypoints/cli.mjs', '--concurrency', '1', '--timeout', '300s', ...native], {
    WORKPOOL_TESTS: 'addons',
  })
}
if (chosen.length === 0) {
  runInTree(['__test__/fixtures/stress.mjs', '--tasks', '20000'])
  runInTree(['__test__/fixtures/chaos.mjs', '--seconds', '20'])
}

for (const report of readdirSync(reports)) {
  console.error(readFileSync(join(reports, report), 'utf8'))
  process.exitCode = 1
}
console.log(
  process.exitCode === 1
    ? 'AddressSanitizer, or a test under it, has found something'
    : 'AddressSanitizer has found nothing',
)
