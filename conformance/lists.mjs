/** What is asked of whom: a list of groups of behaviours, and the libraries that claim them. */
import { closureGroups } from './closures/index.mjs'
import { schedulingGroups } from './scheduling/index.mjs'
import { threadGroups } from './threads/index.mjs'

/**
 * @typedef {object} Given what a behaviour is looked for with
 * @property {string} library
 * @property {any} adapter
 * @property {(options: any) => any} open a pool, of the adapter's library
 *
 * @typedef {{ code: number } | { signal: string }} Ends
 *
 * @typedef {object} Test
 * @property {string} name unique in its group
 * @property {string} expects the behaviour, as a sentence
 * @property {readonly string[]} [needs] features; where one is in the adapter's `notOffered` the library is not asked
 * @property {(given: Given) => unknown} run throws `Unmet` with what it saw instead
 * @property {Ends} [ends] the process ends by itself, and this way
 * @property {number} [deadline] ms for the whole process
 *
 * @typedef {{ name: string, tests: Test[] }} Group
 *
 * @typedef {object} List
 * @property {string} name
 * @property {string} title
 * @property {string} [adapters] the list whose adapters it uses, if they are not its own
 * @property {readonly string[]} libraries names of adapters, ours first
 * @property {readonly Group[]} groups
 */

/** @type {readonly List[]} */
export const lists = [
  {
    name: 'threads',
    title: 'Thread pools',
    libraries: ['workpool', 'piscina', 'tinypool', 'poolifier', 'workerpool'],
    groups: threadGroups,
  },
  {
    name: 'closures',
    title: 'Pools of closures',
    libraries: ['workpool', 'p-limit', 'p-queue', 'fastq', 'async-sema'],
    groups: closureGroups,
  },
  {
    name: 'scheduling',
    title: 'Scheduling of closures',
    adapters: 'closures',
    libraries: ['workpool', 'p-limit', 'p-queue', 'fastq', 'async-mutex', 'bottleneck'],
    groups: schedulingGroups,
  },
]

/** @param {string} library @param {List} list */
export const adapterOf = (library, list) => import(`./adapters/${list.adapters ?? list.name}/${library}.mjs`)
