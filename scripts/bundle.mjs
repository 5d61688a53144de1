/**
 * `node scripts/bundle.mjs [folder]`: the code that is published, into `dist` or another folder. It is few files, as a process and every thread of a
 * pool would otherwise find, read and compile some fifty: one for each entry point, with what several need in others, so that a program that
 * imports several has one instance of it and a thread loads nothing else. A part (`src/base/parts.ts`) is a file as well.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { rollup } from '@rollup/wasm-node'
import { minify } from 'terser'
import ts from 'typescript'
import { entries, sources } from './entries.mjs'
import { root } from './run.mjs'

const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

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

const PARTS = join(root, 'src/base/parts.ts')
/** A thread that has nothing in common with the others: it begins with this file. */
const INSPECTOR = join(root, 'src/threads/inspect/inside/entry.ts')
/** A thread that has little in common with the others: the database of `workpool/jobs`. */
const DATABASE = join(root, 'src/jobs/home/file/inside/entry.ts')
/** What it has in common with `workpool/jobs`, so that it loads nothing else of that. */
const SHARED_WITH_DATABASE = 'jobs-database-code'
/** The file that opens the addon names this copy to others. */
const SHARED = 'shared-code'
/** `workpool top`: a program of its own. */
const CLI = join(root, 'src/console/cli/cli.ts')
const compiled = compile([...sources.map((source) => join(root, source)), INSPECTOR, DATABASE, CLI])
const sourceOf = (id, importer) => resolve(dirname(importer), id.replace(/\.js$/, '.ts'))

/** Where a file has a part: `part(() => require('./x.js'))`. */
const PART = /\bpart\(\s*\(\) => require\(["'](\.[^"']+)["']\)\s*\)/g
/** The files of which a file imports something, or has as parts. */
const linksOf = (file, link) => [...compiled.get(file).matchAll(link)].map(([, id]) => sourceOf(id, file))
const imports = (file) => linksOf(file, /^(?:import|export)\b[^;'"]*["'](\.[^"']+)["'];?$/gm)

/** All that files import, and what that imports. */
function reach(...files) {
  const reached = new Set()
  for (const left = files; left.length > 0;) {
    const file = left.pop()
    if (reached.has(file)) continue
    reached.add(file)
    left.push(...imports(file))
  }
  return reached
}

const parts = [...compiled.keys()].flatMap((file) => linksOf(file, PART).map((part) => ({ part, owner: file })))
const nameOfPart = (part) => basename(part, '.ts').replace(/-./g, ([, letter]) => letter.toUpperCase())
/** What a part is called between rollup and here. It is no file. */
const chunkOfPart = (part) => `${nameOfPart(part)}.part`
const doors = entries.map(({ source }) => reach(join(root, source)))
const database = reach(DATABASE)
const reachedByPart = parts.map(({ part }) => reach(part))

/**
 * In which file a source goes. What a part shares with anything else goes where that is, so a part has one file. A file that the
 * entry points share has also what only their parts share.
 */
function chunkOf(file) {
  if (database.has(file) && doors.some((door) => door.has(file))) {
    if (entries.some(({ path }, i) => (path === 'index' || path === 'worker') && doors[i].has(file))) {
      throw new Error(`${file} is for every program, and the thread of the database of jobs is not to need it`)
    }
    return SHARED_WITH_DATABASE
  }
  const isIn = doors.map(
    (door) => door.has(file) || parts.some(({ owner }, i) => door.has(owner) && reachedByPart[i].has(file)),
  )
  const sharers = reachedByPart.filter((reached) => reached.has(file)).length
  if (!doors.some((door) => door.has(file)) && sharers < 2) return null
  const those = entries.filter((_, i) => isIn[i]).map(({ path }) => path)
  // What only servers need no thread loads.
  if (those.includes('http') && !those.includes('index') && !those.includes('worker')) return 'http-code'
  if (those.length > 1) return SHARED
  return `${entries[isIn.indexOf(true)].path}-code`
}

/** The file that has the parts of a source: it is beside the file in which the source goes. */
function packOf(owner) {
  const chunk = chunkOf(owner)
  if (chunk === null) throw new Error(`${owner} is in a part, and has one`)
  return chunk.replace(/code$/, 'parts.js')
}

/** Of each entry point, what it exports. Its file exports more, for those beside it. */
const exportsOf = new Map(entries.map(({ source }) => [join(root, source), []]))

const typescript = {
  name: 'typescript',
  buildStart() {
    // What the entry points' files call of it is called by nothing else.
    this.emitFile({ type: 'chunk', id: PARTS, name: SHARED })
    this.emitFile({ type: 'chunk', id: INSPECTOR, fileName: 'inspector.js' })
    this.emitFile({ type: 'chunk', id: DATABASE, fileName: 'jobs-database.js' })
    this.emitFile({ type: 'chunk', id: CLI, fileName: 'cli.js' })
    for (const { part } of parts) this.emitFile({ type: 'chunk', id: part, fileName: chunkOfPart(part) })
  },
  buildEnd() {
    for (const [file, exports] of exportsOf) exports.push(...this.getModuleInfo(file).exports.toSorted())
  },
  resolveId: (id, importer) => (id.startsWith('.') && importer !== undefined ? sourceOf(id, importer) : null),
  load: (id) =>
    compiled
      .get(id)
      ?.replace(/import \{ part \} from/, 'import { partOf } from')
      .replaceAll(PART, (_, part) => {
        const pack = packOf(id)
        return `partOf(() => require("./${pack}"), "${nameOfPart(sourceOf(part, id))}", "${pack}", module)`
      }) ?? null,
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

/**
 * What a file exports is at its end, a name after the other, and becomes one object: with each name V8 would make another
 * shape of `exports`, of which a file that the entry points share has nearly two hundred. A variable is there before, as it is set.
 */
const exportedAtOnce = (code) =>
  code.replace(/(?:^exports\.[\w$]+ = [\w$.]+;\n)+$/m, (list) => {
    const pairs = list.replace(/^exports\.([\w$]+) = ([\w$.]+);$/gm, '  $1: $2,')
    return `exports = module.exports = {\n  ...exports,\n${pairs}};\n`
  })

/** Leaves alone what is current: somebody may be loading it. */
function write(name, text) {
  const file = join(folder, name)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

/** `@scope/package/path` is a file of `@scope/package`. */
const packageOf = (id) => id.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? id

const bundle = await rollup({
  input: Object.fromEntries(entries.map(({ path, source }) => [`${path}-code`, join(root, source)])),
  // What a program brings itself: the optional peers.
  external: (id) => id.startsWith('node:') || packageOf(id) in peerDependencies,
  plugins: [typescript],
  preserveEntrySignatures: 'allow-extension',
  onwarn(warning) {
    throw new Error(warning.message)
  },
})
const { output } = await bundle.generate({
  format: 'cjs',
  exports: 'named',
  generatedCode: { preset: 'es2015', symbols: false },
  // Modules of Node are taken as they are. There are no default imports of them.
  interop: 'esModule',
  hoistTransitiveImports: false,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  manualChunks: chunkOf,
})
await bundle.close()
const sharing = output.find(({ moduleIds }) => moduleIds.includes(PARTS))
/** By file, the code of its parts. Each part is a function, so that the file can be required as well. */
const packs = new Map()
for (const { part, owner } of parts) {
  const { code } = output.find(({ fileName }) => fileName === chunkOfPart(part))
  const name = nameOfPart(part)
  const before = packs.get(packOf(owner)) ?? ''
  // So many lines are before it.
  const lines = before.split('\n').length - 1
  packs.set(packOf(owner), `${before}exports.${name} = exports => { // ${lines}\n${await shorten(code)}} // ${name}\n`)
}
for (const [fileName, text] of packs) write(fileName, text)
for (const { fileName, code, facadeModuleId } of output.filter(({ fileName }) => !fileName.endsWith('.part'))) {
  const isFirst = exportsOf.has(facadeModuleId)
  const start = facadeModuleId === CLI ? '#!/usr/bin/env node\n' : ''
  write(
    fileName,
    start +
      (await shorten(exportedAtOnce(isFirst ? code.replace(/^'use strict';\n/, (strict) => strict + guard) : code))),
  )
}
for (const { path, source } of entries) {
  // Node looks through the file that an ES module imports for the names that it exports; through this one it is soon done.
  const lines = exportsOf.get(join(root, source)).map((key) => `exports.${key} = code.${key}\n`)
  const end = `require('./${sharing.fileName}').loadParts()\n`
  write(`${path}.js`, `'use strict'\nconst code = require('./${path}-code.js')\n${lines.join('')}${end}`)
  write(
    `${path}.d.ts`,
    `export * from '${relative(folder, join(root, 'target/js')).replaceAll('\\', '/')}/${path}.js'\n`,
  )
}
