/** A rule that is broken: the text that states it in a file of crate/core/src, and what stands there instead. A text must occur
 * exactly once.
 * @typedef {{ rule: string, file: string, from: string, to: string }} Mutant */

/** The mutants of one theme, and how a file adds to them. */
export const list = () => {
  /** @type {Mutant[]} */
  const mutants = []
  /** @param {string} file @param {[rule: string, from: string, to: string][]} broken */
  const add = (file, broken) => {
    for (const [rule, from, to] of broken) mutants.push({ rule, file, from, to })
  }
  return { mutants, add }
}
