/**
 * Looks for one behaviour in one library: `node child.mjs <list> <library> <group>/<test>`, in a process of its own. What is found goes
 * to file descriptor 3, one line of JSON; then the process lingers until it is ended: how pools let processes end is another question.
 */
import { writeSync } from 'node:fs'
import { Unmet } from './expect.mjs'
import { adapterOf, lists } from './lists.mjs'

const [listName, library, id] = /** @type {[string, string, string]} */ (process.argv.slice(2))
const list = lists.find(({ name }) => name === listName)
const [groupName, testName] = id.split('/')
const test = list?.groups.find(({ name }) => name === groupName)?.tests.find(({ name }) => name === testName)
if (!list || !test) throw new RangeError(`no test ${id} in ${listName}`)

/** @param {{ passed: boolean, seen?: string }} finding */
const tell = (finding) => writeSync(3, `${JSON.stringify(finding)}\n`)

try {
  const adapter = await adapterOf(library, list)
  await test.run({ library, adapter, open: adapter.open })
  if (!test.ends) tell({ passed: true })
} catch (error) {
  const seen =
    error instanceof Unmet
      ? error.message
      : `the test ended with ${error instanceof Error ? `${error.name}: ${error.message}` : error}`
  tell({ passed: false, seen })
}
if (!test.ends) setInterval(() => {}, 60_000)
