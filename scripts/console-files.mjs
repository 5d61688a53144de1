/**
 * `node scripts/console-files.mjs [folder]`: the page of `workpool/console` as one module, with the library that draws its charts and the
 * licence of that, into `dist` or another folder.
 */
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { rollup } from '@rollup/wasm-node'
import { minify } from 'terser'
import ts from 'typescript'
import { root } from './run.mjs'

const source = join(root, 'src/console/page')
const charts = join(root, 'node_modules/uplot')
const output = join(resolve(root, process.argv[2] ?? 'dist'), 'console-files.js')
const read = (...path) => readFileSync(join(...path), 'utf8')

const typescript = {
  name: 'typescript',
  resolveId(id, importer) {
    if (id === 'uplot') return join(charts, 'dist/uPlot.esm.js')
    return id.startsWith('.') ? resolve(importer, '..', id.replace(/\.js$/, '.ts')) : null
  },
  load(id) {
    if (!id.endsWith('.ts')) return null
    const compilerOptions = { target: 'ES2022', module: 'ESNext', verbatimModuleSyntax: false }
    return ts.transpileModule(readFileSync(id, 'utf8'), { compilerOptions }).outputText
  },
}

const sources = [
  ...readdirSync(source).map((file) => join(source, file)),
  join(source, '../figures.ts'),
  join(root, 'package-lock.json'),
  import.meta.filename,
]
const isCurrent = existsSync(output) && sources.every((file) => statSync(file).mtimeMs < statSync(output).mtimeMs)
if (!isCurrent) {
  const bundle = await rollup({ input: join(source, 'page.ts'), plugins: [typescript] })
  const { output: chunks } = await bundle.generate({ format: 'iife' })
  await bundle.close()
  const { code } = await minify(chunks[0].code, { ecma: 2022, format: { comments: false } })
  const { version } = JSON.parse(read(charts, 'package.json'))
  const licence = `/*! uPlot ${version}\n${read(charts, 'LICENSE')}*/\n`
  const files = {
    'page.html': read(source, 'page.html'),
    'page.css': licence + read(charts, 'dist/uPlot.min.css') + read(source, 'page.css'),
    'page.js': licence + code,
  }
  const lines = Object.entries(files).map(([name, text]) => `  '${name}': ${JSON.stringify(text)},\n`)
  writeFileSync(output, `'use strict'\nmodule.exports = {\n${lines.join('')}}\n`)
}
