/** `npm run docs`: the reference of the API as HTML, in `target/docs`. */
import { join } from 'node:path'
import { sources } from './entries.mjs'
import { run } from './run.mjs'
import { setUp } from './setup.mjs'
import { obtain } from './tools.mjs'

setUp()
const tools = obtain('docs', { typedoc: '0.28.20', typescript: '5.9.3' })
run(process.execPath, [join(tools, 'typedoc/bin/typedoc'), '--options', 'typedoc.json', ...sources])
