/** The same as CommonJS. */
exports.sum = (a, b) => a + b
