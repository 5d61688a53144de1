/**
 * Bars as SVG, for a light and for a dark page. One group of bars for each contest, drawn to the scale of its longest one: bars
 * compare within a group.
 */

/** @typedef {import('./contest.mjs').Contest} Contest */
/** @typedef {{ page: string, text: string, faint: string, own: string, peer: string, yardstick: string }} Colours */

/** @type {Record<'light' | 'dark', Colours>} */
export const COLOURS = {
  light: { page: '#ffffff', text: '#1f2328', faint: '#59636e', own: '#0969da', peer: '#afb8c1', yardstick: '#d8dee4' },
  dark: { page: '#0d1117', text: '#e6edf3', faint: '#9198a1', own: '#4493f8', peer: '#565e68', yardstick: '#30363d' },
}

const WIDTH = 760
const MARGIN = 16
const NAMES = 190
const VALUES = 110
const ROW = 20
const BAR = 13
const LONGEST = WIDTH - 2 * MARGIN - NAMES - VALUES

/** @param {string} text */
export const escape = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Three digits that count, thousands set apart. @param {number} value */
export function inShort(value) {
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 4), minimumFractionDigits: 0 })
}

/**
 * @param {string} title
 * @param {readonly Contest[]} contests
 * @param {'light' | 'dark'} theme
 */
export function toSvg(title, contests, theme) {
  const colours = COLOURS[theme]
  let y = MARGIN + 18
  const parts = [text(MARGIN, y, title, colours.text, 'font-size="16" font-weight="600"')]
  for (const { label, unit, own, entries, isHigherBetter } of contests) {
    y += ROW + 14
    const better = isHigherBetter ? 'more is better' : 'less is better'
    parts.push(text(MARGIN, y, `${label} – ${unit}, ${better}`, colours.text, 'font-weight="600"'))
    y += 8
    const most = Math.max(...entries.map(({ value }) => value ?? 0))
    for (const { name, value, isYardstick } of entries) {
      const isOwn = name === own || name.startsWith(`${own},`)
      const fill = isOwn ? colours.own : isYardstick ? colours.yardstick : colours.peer
      const length = most > 0 ? ((value ?? 0) / most) * LONGEST : 0
      const left = MARGIN + NAMES
      const line = y + BAR - 2
      parts.push(
        text(
          left - 8,
          line,
          name,
          isOwn ? colours.text : colours.faint,
          `text-anchor="end"${isOwn ? ' font-weight="600"' : ''}`,
        ),
      )
      parts.push(
        `<rect x="${left}" y="${y}" width="${Math.max(1, length).toFixed(1)}" height="${BAR}" rx="2" fill="${fill}"/>`,
      )
      parts.push(
        text(
          left + Math.max(1, length) + 6,
          line,
          value === null ? 'never' : inShort(value),
          isOwn ? colours.text : colours.faint,
        ),
      )
      y += ROW
    }
  }
  const height = y + MARGIN
  const frame = `xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`
  const font = 'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="12"'
  const page = `<rect width="${WIDTH}" height="${height}" rx="6" fill="${colours.page}"/>`
  return [`<svg ${frame} ${font} role="img" aria-label="${escape(title)}">`, page, ...parts, '</svg>', ''].join('\n')
}

/** @param {number} x @param {number} y @param {string} content @param {string} fill @param {string} [attributes] */
function text(x, y, content, fill, attributes = '') {
  return `<text x="${x.toFixed(0)}" y="${y.toFixed(0)}" fill="${fill}"${attributes && ` ${attributes}`}>${escape(content)}</text>`
}
