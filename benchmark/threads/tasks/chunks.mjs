/** Chunks of a generator: what is streamed out of a thread. */

/** @param {number} many */
export function* numbers(many) {
  for (let chunk = 0; chunk < many; chunk++) yield chunk
}

/** @param {number} many */
export function* objects(many) {
  for (let a = 0; a < many; a++) yield { a, b: 'some text' }
}
