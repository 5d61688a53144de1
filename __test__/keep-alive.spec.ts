// A pool keeps the process alive exactly while a promise it handed out, or an executed task, is unsettled.
import { endings } from './support/endings.js';

endings(
  'stay',
  {
    'a running task': { code: 0, stdout: 'settled\n' },
    'an executed task': { code: 0, stdout: 'settled\n' },
    'a waiting task': { code: 0, stdout: 'settled\n' },
    'a task that waits for its resource': { code: 0, stdout: 'settled\n' },
    'a timeout': { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\n' },
    'a waitTimeout': { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\nERR_POOL_WAIT_TIMEOUT\n' },
    drain: { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\ndrained\n' },
    close: { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\nclosed\n' },
    'close with a timeout': { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\nERR_POOL_RELEASE_TIMEOUT\n' },
    releaseTimeout: { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\nreleased\n' },
    'releaseTimeout that runs out': { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\nERR_POOL_RELEASE_TIMEOUT\n' },
    'a dispose that close waits for': { code: 0, stdout: 'closed\n' },
    'a task of an old generation': { code: 0, stdout: 'settled\n' },
    'a task of a pool that nobody references': { code: 0, stdout: 'settled\n' },
    'an idle pool': { code: 0, stdout: '' },
    'an idle pool without expiry': { code: 0, stdout: '' },
    'an idle resource': { code: 0, stdout: '' },
    'an unused pool, a released pool, a pool with a signal': { code: 0, stdout: '' },
    'a closure whose task has settled': { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\n' },
    'refused tasks': { code: 0, stdout: 'ERR_POOL_TASK_TIMEOUT\n' },
    'tasks of every end': { code: 0, stdout: '0\n' },
  },
  { execArgv: ['--expose-gc'] },
);
