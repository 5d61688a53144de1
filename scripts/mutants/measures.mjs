// What is measured of tasks, and how it is counted, each rule broken once.

import { list } from './list.mjs'

const { mutants, add } = list()
export { mutants as measures }

add('histogram.rs', [
  ['no time is more than 1 % away from its bucket', 'const STEPS_LOG: u32 = 6;', 'const STEPS_LOG: u32 = 5;'],
  ['a microsecond is told apart', 'const UNIT_LOG: u32 = 4;', 'const UNIT_LOG: u32 = 5;'],
  ['an hour is not too long', '38 - STEPS_LOG as usize', '37 - STEPS_LOG as usize'],
  ['every time counts', '        self.count += 1;\n', ''],
  ['the sum is that of all', 'self.sum += u128::from(time);', 'self.sum = u128::from(time);'],
  ['the shortest is kept', 'self.shortest.min(time)', 'time'],
  ['the longest is kept', 'self.longest.max(time)', 'time'],
  ['without a time there is no shortest one', 'if self.count == 0 { 0 } else { self.shortest }', 'self.shortest'],
  ['a bucket counts on beyond 32 bits', 'self.carried.push(bucket as u16);', ''],
  [
    'what has run over counts in its own bucket',
    '|&&carried| usize::from(carried) == bucket',
    '|&&carried| usize::from(carried) <= bucket',
  ],
  [
    'what is too long is in the last bucket',
    'if bucket < BUCKETS { bucket } else { BUCKETS - 1 }',
    'if bucket < BUCKETS { bucket } else { BUCKETS - 2 }',
  ],
  [
    'buckets begin where they are told to',
    '(step as Nanos) << octave << UNIT_LOG',
    '((step + 1) as Nanos) << octave << UNIT_LOG',
  ],
  ['a copy has the times, too', 'counts.copy_from_slice(&*other.counts);', ''],
])

add('state/measures.rs', [
  [
    'the wait is from the acceptance to the begin',
    'begun_at.saturating_sub(submitted_at)',
    'now.saturating_sub(submitted_at)',
  ],
  ['the run is from the begin to the end', 'now.saturating_sub(begun_at)', 'now.saturating_sub(submitted_at)'],
  ['a pool that begins to measure measures', 'Self { is_on: true, ..Self::default() }', 'Self::default()'],
  ['a copy has how long tasks wait', 'self.wait.copy(&other.wait);', ''],
  ['a copy has how long they run', 'self.run.copy(&other.run);', ''],
])

add('rules/run.rs', [
  [
    'a task is measured when its function has ended',
    '        self.measure(id);\n        if self.schedule.is_some()',
    '        if self.schedule.is_some()',
  ],
  ['a pool that is told not to measures nothing', '            && measures.is_on\n', ''],
])

add('rules/exit.rs', [
  [
    'a task whose worker dies is measured if it has begun',
    '        if has_begun {\n            self.measure(id);\n        }\n',
    '',
  ],
])

add('rules/admission.rs', [
  [
    'a task is measured from its acceptance',
    '            _ if is_measured => self.now,',
    '            _ if is_measured => 0,',
  ],
  ['every accepted task is measured', '            task.measure();', ''],
])

add('rules/broadcast.rs', [
  ['a broadcast is measured', '                    task.measure();', ''],
  ['a broadcast waits from its call', 'broadcast.timed || is_measured { now }', 'broadcast.timed { now }'],
])

add('rules/scheduled/verbs.rs', [
  ['configure ends the measuring, and begins it again', 'Some(measures) => measures.is_on = measure,', 'Some(_) => {}'],
  [
    'a pool that has not measured begins to',
    'none if measure => *none = Some(Box::new(Measures::begun())),',
    'none if measure => *none = None,',
  ],
])

add('state/task.rs', [
  ['what has not begun is not measured', '(self.is_measured && self.begun_at > 0)', '(self.is_measured)'],
  ['only what was accepted as measured is', '(self.is_measured && self.begun_at > 0)', '(self.begun_at > 0)'],
])
