/** A thread that loads this dies before it has loaded, and is started again after a while. */
process.exit(4)
