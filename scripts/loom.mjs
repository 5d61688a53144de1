// Runs the model checker over the core's lock and transitions (crate/core/tests/loom), and over the mailbox and its ways of sleeping
// (crate/mailbox/tests/loom). Further arguments go to the test harness: `node scripts/loom.mjs a_release`.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packages = ['--package', 'workpool-core', '--package', 'workpool-mailbox']
const { status, error } = spawnSync(
  'cargo',
  ['test', ...packages, '--release', '--test', 'loom', '--', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      // More preemptions find nothing more here and cost minutes.
      LOOM_MAX_PREEMPTIONS: '2',
      ...process.env,
      RUSTFLAGS: `${process.env.RUSTFLAGS ?? ''} --cfg loom`.trim(),
      // Link-time optimization would take longer to build than the models to run.
      CARGO_PROFILE_RELEASE_LTO: 'off',
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
      // Of its own, or every switch between loom and everything else would build all anew.
      CARGO_TARGET_DIR: join(root, 'target', 'loom'),
    },
  },
)
if (error) throw error
process.exitCode = status ?? 1
