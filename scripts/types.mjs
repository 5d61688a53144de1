/**
 * Rolls the public types up into `index.d.ts`, which is committed so that a change of the API shows in every review.
 * `--check` fails if it is not what the sources give.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, runTool } from './run.mjs'

const isMain = process.argv[1] === fileURLToPath(import.meta.url)
const isCheck = process.argv.includes('--check')
const committed = 'index.d.ts'
const output = isCheck ? 'target/rolled-up.d.ts' : committed

/** Of a compiled entry point. */
export function rollUp(entry, output) {
  const form = [
    '--no-banner',
    '--no-check',
    '--silent',
    '--export-referenced-types',
    'false',
    '--inline-declare-externals',
  ]
  const files = ['--project', 'tsconfig.json', '--out-file', output, entry]
  runTool('dts-bundle-generator/dist/bin/dts-bundle-generator.js', [...form, ...files])
}

if (isMain) rollUp('target/js/index.d.ts', output)
if (isMain && isCheck) {
  const read = (file) => readFileSync(join(root, file), 'utf8')
  const isCurrent = read(output) === read(committed)
  rmSync(join(root, output))
  if (!isCurrent) {
    console.error(`${committed} is not what the sources give; run: npm run types`)
    process.exit(1)
  }
}
