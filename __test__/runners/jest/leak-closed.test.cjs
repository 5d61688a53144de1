/** With `--detectLeaks`: pools that are closed. */
require('./suite.cjs').testAll()
