/**
 * `node scripts/bundle.mjs [folder]`: the code that is published, into `dist` or another folder. It is few files, as a process and every thread of a
 * pool would otherwise find, read and compile some fifty: one for each entry point, with what several need in others, so that a program that
 * imports several has one instance of it and a thread loads nothing else.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { rollup } from '@rollup/wasm-node'
import { minify } from 'terser'
import ts from 'typescript'
import { entries, sources } from './entries.mjs'
import { root } from './run.mjs'

/** All files at once, as a `const enum` of another file is a number in place only if that file is known. Types are checked by tsc, which runs before. */
function compile(files) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const options = {
    module: 'ESNext',
    moduleResolution: 'Bundler',
    isolatedModules: false,
    removeComments: true,
    declaration: false,
    incremental: false,
    tsBuildInfoFile: undefined,
  }
  const { options: parsed } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, ...options }, root)
  const program = ts.createProgram(files, parsed)
  const compiled = new Map()
  program.emit(undefined, (_, code, __, ___, [source]) => compiled.set(resolve(source.fileName), code))
  return compiled
}

const ADDON = join(root, 'src/native/addon.ts')
const compiled = compile(sources.map((source) => join(root, source)))
const typescript = {
  name: 'typescript',
  resolveId: (id, importer) =>
    id.startsWith('.') && importer !== undefined ? resolve(dirname(importer), id.replace(/\.js$/, '.ts')) : null,
  load: (id) => compiled.get(id) ?? null,
}

/**
 * In front of all code. In a bundle that is one ES module `require` is a function that throws, and says nothing of what to do.
 */
const [, leaveExternal] = readFileSync(join(root, 'src/native/bundled.ts'), 'utf8').match(
  /LEAVE_EXTERNAL =\s*("[^"]*")/,
)
const guard = `try {
  require('node:fs')
  if (typeof __dirname !== 'string') throw new Error('__dirname is not defined')
} catch (cause) {
  const message = 'workpool cannot be run as a part of a bundle that is an ES module. ' + ${leaveExternal}
  throw Object.assign(new Error(message, { cause }), { code: 'ERR_POOL_ADDON' })
}
`

const folder = resolve(root, process.argv[2] ?? 'dist')
mkdirSync(folder, { recursive: true })

/** terser shortens the names of private members, too. Those of private methods are most of a stack trace, so they go by another name meanwhile. */
const PRIVATE = '$private$'

/**
 * V8 looks at every character and every name before it runs anything, so there are few of both. Stack traces stay readable: functions, classes
 * and private members keep their names, and lines are short. Nothing is rewritten, so what runs is what was compiled. All is
 * ASCII: one other character, and V8 keeps and scans the whole file at two bytes for each.
 */
async function shorten(text) {
  const { code } = await minify(text.replace(/#(?=[a-z])/gi, PRIVATE), {
    ecma: 2022,
    compress: false,
    mangle: { toplevel: true, keep_fnames: true, keep_classnames: true },
    format: { semicolons: false, ascii_only: true, comments: false, max_line_len: 120 },
  })
  return `${code.replaceAll(PRIVATE, '#')}\n`
}

/** Leaves alone what is current: somebody may be loading it. */
function write(name, text) {
  const file = join(folder, name)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

const bundle = await rollup({
  input: Object.fromEntries(entries.map(({ path, source }) => [`${path}-code`, join(root, source)])),
  external: /^node:/,
  plugins: [typescript],
  onwarn(warning) {
    throw new Error(warning.message)
  },
})
const { output } = await bundle.generate({
  format: 'cjs',
  exports: 'named',
  generatedCode: 'es2015',
  // Modules of Node are taken as they are. There are no default imports of them.
  interop: 'esModule',
  entryFileNames: '[name].js',
  // The file that opens the addon names this copy to others: it has the same name whatever entry points there are.
  chunkFileNames: ({ moduleIds }) => (moduleIds.includes(ADDON) ? 'shared-code.js' : '[name]-code.js'),
})
await bundle.close()
for (const { fileName, code } of output)
  write(fileName, await shorten(code.replace(/^'use strict';\n/, (strict) => strict + guard)))
for (const { name, isEntry, exports } of output) {
  if (!isEntry) continue
  const entry = name.replace('-code', '')
  // Node looks through the file that an ES module imports for the names that it exports; through this one it is soon done.
  const lines = exports.map((key) => `exports.${key} = code.${key}\n`)
  write(`${entry}.js`, `'use strict'\nconst code = require('./${name}.js')\n${lines.join('')}`)
  write(
    `${entry}.d.ts`,
    `export * from '${relative(folder, join(root, 'target/js')).replaceAll('\\', '/')}/${entry}.js'\n`,
  )
}
