import test from 'ava'

import { child } from '../support/child.js'

test('what is compiled when it is needed needs no file then, and no other load of the package', async (t) => {
  const { hung, code, stdout, stderr } = await child('no-files')
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
  t.is(stdout, 'closure,multi,map,batch,ERR_POOL_OPTION\n')
})
