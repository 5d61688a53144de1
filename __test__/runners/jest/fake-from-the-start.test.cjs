/** The configuration has replaced the timers before anything was loaded. */
test('timers are fake', () => {
  expect(setTimeout.clock).toBeDefined()
})

require('./suite.cjs').testAll()
