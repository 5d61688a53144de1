import { expect, expectSame, rejects } from '../expect.mjs'
import { remainsUsable } from './usable.mjs'

/** @type {[name: string, kind: string, expects: string, check: (error: any) => void][]} */
const KINDS = [
  [
    'class',
    'class',
    'a TypeError arrives as a TypeError',
    (error) => expect(error instanceof TypeError, `a ${error?.constructor?.name} arrived`),
  ],
  [
    'message',
    'range',
    'the message is the thrown one',
    (error) => expectSame(error?.message, 'on purpose', 'the message is'),
  ],
  [
    'name',
    'name',
    'the name of an error of one’s own class arrives',
    (error) => expectSame(error?.name, 'NamedError', 'the name is'),
  ],
  ['code', 'code', 'the `code` of an error arrives', (error) => expectSame(error?.code, 'E_ON_PURPOSE', 'the code is')],
  [
    'properties',
    'properties',
    'own properties of an error arrive, nested ones, too',
    (error) =>
      expectSame(
        { status: error?.status, detail: error?.detail },
        { status: 503, detail: { retry: [1, 2], when: new Date(0) } },
        'they are',
      ),
  ],
  [
    'cause',
    'cause',
    'the `cause` of an error arrives, with its class and message',
    (error) => {
      expect(error?.cause instanceof TypeError, `the cause is ${error?.cause}`)
      expectSame(error.cause.message, 'beneath', 'its message is')
    },
  ],
  [
    'cause-code',
    'cause',
    'the `code` of a `cause` arrives',
    (error) => expectSame(error?.cause?.code, 'E_BENEATH', 'it is'),
  ],
  [
    'aggregate',
    'aggregate',
    'the `errors` of an AggregateError arrive',
    (error) =>
      expectSame(
        error?.errors?.map((/** @type {Error} */ each) => each?.message),
        ['first', 'second'],
        'they are',
      ),
  ],
  [
    'stack',
    'plain',
    'the stack names the file in which the task has thrown',
    (error) =>
      expect(
        String(error?.stack).includes('tasks.mjs'),
        `the stack is ${String(error?.stack).split('\n').slice(0, 3).join(' ↵ ')}`,
      ),
  ],
  [
    'thrown-string',
    'string',
    'a thrown string arrives as that string',
    (error) => expectSame(error, 'on purpose', 'what arrived is'),
  ],
]

/** @type {import('../lists.mjs').Group} */
export const errors = {
  name: 'errors',
  tests: [
    ...KINDS.map(([name, kind, expects, check]) => ({
      name,
      expects,
      run: async (/** @type {import('../lists.mjs').Given} */ { open }) =>
        check(await rejects(open({ size: 1 }).run('fail', kind))),
    })),
    {
      name: 'thrown-undefined',
      expects: 'a task that throws undefined rejects, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await rejects(pool.run('fail', 'undefined'))
        await remainsUsable(pool)
      },
    },
    {
      name: 'uncloneable-property',
      expects: 'an error with a property that cannot be cloned arrives with its message, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const error = await rejects(pool.run('fail', 'uncloneable'))
        expectSame(error?.message, 'on purpose', 'the message is')
        await remainsUsable(pool)
      },
    },
  ],
}
