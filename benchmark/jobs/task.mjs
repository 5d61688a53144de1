export const nothing = (/** @type {number} */ n) => n
