/** Lines over time as SVG, for a light and for a dark page, and the steps that they are to follow. */
import { COLOURS, escape } from '../chart.mjs'

const WIDTH = 760
const HEIGHT = 320
const MARGIN = { left: 48, right: 16, top: 64, bottom: 36 }
const DASHES = ['', '6 3', '2 3']

/** @typedef {{ name: string, points: { x: number, y: number }[] }} Series */
/**
 * @typedef {object} Plot
 * @property {Series[]} series
 * @property {{ y: number, from: number, to: number }[]} steps
 * @property {number} most what is above it is cut off
 * @property {string} x the unit
 * @property {string} y what is counted
 */

/** @param {string} title @param {Plot} plot @param {'light' | 'dark'} theme */
export function toLines(title, { series, steps, most, x, y }, theme) {
  const colours = COLOURS[theme]
  const longest = Math.max(...steps.map(({ to }) => to))
  const left = (/** @type {number} */ value) =>
    (MARGIN.left + (value / longest) * (WIDTH - MARGIN.left - MARGIN.right)).toFixed(1)
  const top = (/** @type {number} */ value) =>
    (HEIGHT - MARGIN.bottom - (Math.min(most, value) / most) * (HEIGHT - MARGIN.top - MARGIN.bottom)).toFixed(1)
  const text = (
    /** @type {string | number} */ at,
    /** @type {string | number} */ y,
    /** @type {string} */ content,
    more = '',
  ) => `<text x="${at}" y="${y}" fill="${colours.faint}" ${more}>${escape(content)}</text>`
  const parts = [`<text x="16" y="30" fill="${colours.text}" font-size="16" font-weight="600">${escape(title)}</text>`]
  for (let at = 0; at <= most; at += 20) {
    parts.push(`<path d="M${left(0)} ${top(at)}H${left(longest)}" stroke="${colours.yardstick}"/>`)
    parts.push(text(MARGIN.left - 6, Number(top(at)) + 4, `${at}`, 'text-anchor="end"'))
  }
  for (let at = 0; at <= longest; at += 5) parts.push(text(left(at), HEIGHT - 14, `${at} ${x}`, 'text-anchor="middle"'))
  for (const { y, from, to } of steps) {
    parts.push(`<path d="M${left(from)} ${top(y)}H${left(to)}" stroke="${colours.peer}" stroke-width="7"/>`)
  }
  for (const [index, { name, points }] of series.entries()) {
    const path = points.map((point) => `${left(point.x)} ${top(point.y)}`).join('L')
    const line = `fill="none" stroke="${index === 0 ? colours.own : colours.text}" stroke-width="1.5" stroke-dasharray="${DASHES[index] ?? ''}"`
    parts.push(`<path d="M${path}" ${line}/>`)
    const at = MARGIN.left + index * 180
    parts.push(`<path d="M${at} 48h28" ${line}/>`, text(at + 34, 52, name))
  }
  const at = MARGIN.left + series.length * 180
  parts.push(`<path d="M${at} 48h28" stroke="${colours.peer}" stroke-width="7"/>`, text(at + 34, 52, `slots (${y})`))
  const frame = `xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`
  const font = 'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="12"'
  const page = `<rect width="${WIDTH}" height="${HEIGHT}" rx="6" fill="${colours.page}"/>`
  return [`<svg ${frame} ${font} role="img" aria-label="${escape(title)}">`, page, ...parts, '</svg>', ''].join('\n')
}
