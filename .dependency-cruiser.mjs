import { sources } from './scripts/entries.mjs'

/**
 * In which order the folders of `src` stand, the lowest first. A file imports from its own folder and from lower ones, and no two files
 * import each other. `npm run check` fails otherwise.
 */
const FOLDERS = [
  'base',
  'native',
  'wire',
  'options',
  'observe',
  'origin',
  'policy',
  'threads',
  'addons',
  'map',
  'future',
  'group',
  'pool',
  'console',
  'adaptive',
  'jobs',
  'prometheus',
  'http',
  'fastify',
]

/** The entry points, as a pattern. */
const DOORS = sources.map((source) => `^${source.replaceAll('.', '\\.')}$`).join('|')

const upwards = FOLDERS.slice(0, -1).map((folder, i) => ({
  name: `${folder}-imports-upwards`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: `^(src/(${FOLDERS.slice(i + 1).join('|')})/|${DOORS})` },
}))

export default {
  forbidden: [
    ...upwards,
    {
      name: 'circle',
      comment: 'A part is loaded when everything else is there, so it may import who has it.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['require'] } },
    },
    { name: 'no-folder', severity: 'error', from: {}, to: { path: `^src/(?!(${FOLDERS.join('|')})/)` } },
    {
      name: 'doors-hold-no-code',
      comment: 'What is exported is where it is written; nothing imports a door.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: `^(${DOORS})` },
    },
    {
      name: 'options-without-addon',
      comment: 'Options can be checked where no addon can be opened. Types are no code.',
      severity: 'error',
      from: { path: '^src/options/' },
      to: { path: '^src/native/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'payload-without-addon',
      comment: 'The codec is pure: what it needs of the core it is given.',
      severity: 'error',
      from: { path: '^src/wire/payload/' },
      to: { path: '^src/(?!base/|wire/payload/)' },
    },
    {
      name: 'base-stands-alone',
      severity: 'error',
      from: { path: '^src/base/' },
      to: { path: '^src/(?!base/)' },
    },
    {
      name: 'inside-and-owner-apart',
      comment: 'A thread loads nothing of what its owner needs, nor the other way round.',
      severity: 'error',
      from: { path: '^src/threads/(inside|owner)/' },
      to: { path: '^src/threads/(inside|owner)/', pathNot: '^src/threads/$1/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
}
