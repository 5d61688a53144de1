require('./suite.cjs').testAll()
