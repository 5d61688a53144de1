/** With `--detectLeaks`: nothing but the load. */
const { Pool } = require('workpool')

test('the package is there', () => {
  expect(Pool).toBeDefined()
})
