/** The cases as tests of Jest. */
const cases = require('../cases.cjs')
const workpool = require('workpool')

const filename = require.resolve('../tasks.cjs')

exports.testAll = (kinds = Object.keys(cases)) => {
  for (const kind of kinds)
    for (const [title, run] of Object.entries(cases[kind])) test(title, () => run(workpool, filename))
}
