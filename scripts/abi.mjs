/**
 * `npm run abi`: writes the TypeScript side of what `crate/abi` declares and the core counts. It is committed; `--check` fails if it is not
 * what the crates give.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './run.mjs'

const FILES = { abi: 'src/native/abi.ts', stats: 'src/native/pool-stats.ts' }

function print(which) {
  const args = ['run', '--quiet', '--package', 'workpool-abi', which]
  const { status, stdout, error } = spawnSync('cargo', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`cargo ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}`)
  return stdout
}

for (const [which, file] of Object.entries(FILES)) {
  const path = join(root, file)
  const text = print(which)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (process.argv.includes('--check')) {
    console.error(`${file} is not what the crates give; run: npm run abi`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}
