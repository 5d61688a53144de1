// The rules of tasks, each broken once: a change of priority, groups, broadcasts, and what a function is told of its task.

import { list } from './list.mjs'

const { mutants, add } = list()
export { mutants as tasks }

add('rules/scheduled/verbs.rs', [
  [
    'a task that changes its priority stands behind all others there',
    'self.moved.note(id.number(), self.counters.submitted, now);',
    'let _ = now;',
  ],
  [
    'only a task that waits changes its priority',
    'if task.state != TaskState::Waiting || self.is_aside(id) || self.lifetime.is_closed() {',
    'if self.is_aside(id) || self.lifetime.is_closed() {',
  ],
  [
    'a task that is about to be rejected keeps its priority',
    'if task.state != TaskState::Waiting || self.is_aside(id) || self.lifetime.is_closed() {',
    'if task.state != TaskState::Waiting || self.lifetime.is_closed() {',
  ],
  [
    'a task moves to where as many wait as may only if that is its own queue',
    'if was_background != is_background && self.is_queue_full(is_background, 1) {',
    'if self.is_queue_full(is_background, 1) {',
  ],
  [
    'a task moves to or from the background only if there is room',
    'if was_background != is_background && self.is_queue_full(is_background, 1) {',
    'if was_background && is_background && self.is_queue_full(is_background, 1) {',
  ],
])

add('state/moved.rs', [
  [
    'a task that changes its priority stands behind those who await a vacancy',
    'self.places.insert(task, ((accepted, self.moves), now));',
    'self.places.insert(task, ((accepted, 0), now));',
  ],
  [
    'a task that changes its priority ages from then on',
    'self.places.get(&task).map_or(at, |&(_, since)| since)',
    'self.places.get(&task).map_or(at, |_| at)',
  ],
  [
    'the place of a task is forgotten when it waits no more',
    `        if !self.places.is_empty() {
            self.places.remove(&task);
        }`,
    '        let _ = task;',
  ],
])

add('state/groups.rs', [
  ['no two groups have one name', 'self.made += 1;', 'self.made = 1;'],
  ['a group is over with its last task', 'if record.open > 0 {', 'if record.open > 1 {'],
  ['a group is known no longer than a task of it', 'self.by_id.remove(number);', ''],
])

add('rules/run.rs', [
  [
    'a task counts in its group until its function has ended',
    'self.abandon_to(worker, id, Interrupted::Abort, true, clock.now());',
    'self.leave_group(id); self.abandon_to(worker, id, Interrupted::Abort, true, clock.now());',
  ],
  ['a task that is cancelled sees that', '        task.interrupt(why);\n', '        let _ = why;\n'],
  [
    'a bound task goes before all that wait',
    'if !self.bound.is_empty()\n                && let',
    'if self.waiting() == 0\n                && let',
  ],
])

add('state/watch.rs', [
  [
    'a group without a task is over at once',
    'Condition::Over(group) => self.group_is_over(group),',
    'Condition::Over(_) => {}',
  ],
])

add('rules/conditions.rs', [
  ['a group is over when none of it waits or runs', 'if !self.groups.has(group) {', 'if true {'],
])

add('state/schedule/keys/mod.rs', [
  [
    'no more of a group start than its limit',
    'Some(limit) if record.running < limit =>',
    'Some(limit) if record.running <= limit =>',
  ],
  [
    'among groups the task goes first that came first',
    'let is_equal = priority == BACKGROUND || record.limit.is_some();',
    'let is_equal = priority == BACKGROUND;',
  ],
])

add('state/schedule/keys/order.rs', [
  ['workers boot for the tasks of a group', '.chain(of_groups) {', '.chain(of_groups.take(0)) {'],
  [
    'no more workers boot for a group than its limit',
    'let limit = self.records[id].limit.unwrap_or(per_key);',
    'let limit = per_key;',
  ],
  [
    'a task beyond the limit of its group waits for no worker that boots',
    'let most = record.limit.unwrap_or(per_key);',
    'let most = per_key;',
  ],
])

add('rules/scheduled/admission.rs', [
  [
    'the limit of a group is its own',
    '(Some(Name::Group(_)), Some(group)) => group.limit,',
    '(Some(Name::Group(_)), Some(_)) => self.schedule().per_key,',
  ],
])

add('rules/scheduled/order.rs', [
  [
    'the tasks of a group are among those without a key',
    'schedule.keys.first_of_groups(priority, running, is_newest);',
    'schedule.keys.first_of_groups(priority, 0, is_newest);',
  ],
  [
    'of groups whose tasks age that one goes first whose task is due first',
    'rank.cmp(&first.rank) == Ordering::Less',
    'rank.cmp(&first.rank) == Ordering::Greater',
  ],
])

add('rules/scheduled/shed.rs', [
  [
    'a queue of tasks of groups stands, too',
    'if is_keyless || is_keyed || schedule.keys.first_of_groups(priority, 0, false).is_some() {',
    'if is_keyless || is_keyed {',
  ],
])

add('rules/broadcast.rs', [
  ['a worker that is about to retire gets no broadcast', ' && !worker.is_ending()', ''],
  [
    'a worker of an earlier generation gets no broadcast',
    'is_live && self.census.is_current(worker.generation())',
    'is_live',
  ],
  [
    'a pause holds broadcasts',
    'if self.is_paused() { None } else { self.bound.pop(worker) }',
    'self.bound.pop(worker)',
  ],
  [
    'what was bound in a pool that is released counts as released',
    'let (outcome, rejection) = if self.lifetime.is_closed() {',
    'let (outcome, rejection) = if false {',
  ],
  ['a release rejects all that is bound, in several holds', '        !self.bound.is_empty()\n', '        false\n'],
  ['a broadcast takes a free slot', 'is_idle || self.has_free_slot(worker)', 'is_idle'],
])

add('state/bound.rs', [
  [
    'a sticky broadcast is for the workers that start later',
    'stuck.what.order > after && stuck.from <= ordinal;',
    'stuck.what.order > after && stuck.from <= ordinal.max(u64::MAX);',
  ],
  [
    'the later sticky broadcast of a name replaces the earlier',
    '.position(|stuck| stuck.what.name == name);',
    '.position(|stuck| stuck.what.name == name && stuck.from > from);',
  ],
])

add('rules/exit.rs', [
  [
    'a broadcast that has not begun goes to no other worker',
    'TaskState::Running(_) if !has_begun && task.is_bound() => {',
    'TaskState::Running(_) if !has_begun && task.is_bound() && self.lifetime.is_closed() => {',
  ],
])

add('rules/scheduled/membership.rs', [
  [
    'a broadcast uses up no start of the rate',
    '            && !is_bound\n',
    '            && (!is_bound || starts.allowed(now) > 0)\n',
  ],
])

add('state/task.rs', [
  ['the time of a broadcast counts from the call', '(self.timeout > 0 && !self.is_bound)', '(self.timeout > 0)'],
  ['what happened first to a task is told', 'self.interrupted.get_or_insert(why);', 'self.interrupted = Some(why);'],
])
