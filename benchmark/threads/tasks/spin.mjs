/** Uses the processor for so many microseconds, by the clock. Gives them back. */
export default function spin(/** @type {number} */ us) {
  const end = performance.now() + us / 1000
  while (performance.now() < end);
  return us
}
