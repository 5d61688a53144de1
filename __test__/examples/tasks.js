/** @param {Uint8Array} image */
export const resize = (image) => image.length
/** @param {string} path */
export const render = (path) => path
/** @param {string} text */
export const parse = (text) => ({ text })
export default (value = '') => value
