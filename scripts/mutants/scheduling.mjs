// The rules of scheduling and of resources, each broken once.

import { list } from './list.mjs'

const { mutants, add } = list()
export { mutants as scheduling }

add('rules/scheduled/order.rs', [
  [
    'a paused pool starts nobody',
    `if schedule.is_paused() || self.allowed() == 0 {
            return None;`,
    `if self.allowed() == 0 {
            return None;`,
  ],
  [
    'a spent rate starts nobody',
    `if schedule.is_paused() || self.allowed() == 0 {
            return None;`,
    `if schedule.is_paused() {
            return None;`,
  ],
  ['the higher priority goes first', '.into_iter().chain(keyed).min()', '.into_iter().chain(keyed).max()'],
  [
    'whoever is not eligible holds up nobody of a lower priority',
    `            if let Some(first) = self.first_of(priority) {
                return Some(first);
            }
            from = priority + 1;`,
    `            if let Some(first) = self.first_of(priority) {
                return Some(first);
            }
            from = BACKGROUND;`,
  ],
  ['tasks without a key are one key', '{ 0 } else { schedule.running_keyless };', '{ 0 } else { 0 };'],
  [
    'among equal keys the task goes first that came first',
    'then(if is_newest { by_arrival.reverse() } else { by_arrival })',
    'then(if is_newest { by_arrival } else { by_arrival.reverse() })',
  ],
  [
    'of tasks that age one whose key may not start holds nobody up',
    'Some(key) => schedule.keys.may_start(key, schedule.per_key),',
    'Some(key) => schedule.keys.may_start(key, u32::MAX),',
  ],
  [
    'the background takes half of the capacity',
    'self.census.engaged() < (self.capacity.limit() / 2).max(1)',
    'self.census.engaged() < self.capacity.limit()',
  ],
  [
    'the background takes one slot of a pool of one',
    'self.census.engaged() < (self.capacity.limit() / 2).max(1)',
    'self.census.engaged() < self.capacity.limit() / 2',
  ],
  [
    'while the pool closes the background runs like any other',
    '!self.lifetime.is_open() || self.census.engaged()',
    'self.census.engaged()',
  ],
  [
    'the background starts if nobody else may',
    'first.is_none_or(|first| first.priority == BACKGROUND) && self.may_run_background()',
    'self.may_run_background()',
  ],
  [
    'workers boot for the background up to half of the capacity',
    '(self.capacity.limit() / 2).max(1).saturating_sub(others)',
    'self.capacity.limit().saturating_sub(others)',
  ],
  [
    'no vacancy comes while the pool is paused',
    'self.lifetime.is_open() && !schedule.is_paused() && self.allowed() > self.vacancies.told()',
    'self.lifetime.is_open() && self.allowed() > self.vacancies.told()',
  ],
  [
    'no more vacancies are told than the rate allows',
    '&& self.allowed() > self.vacancies.told()',
    '&& self.allowed() > 0',
  ],
  ['a vacancy needs the slots of its weight', 'let need = self.slots_of(wait.weight);', 'let need = 1;'],
  [
    'a vacancy needs its key to be free',
    'may_start && is_in_turn && self.may_start_key(wait)',
    'may_start && is_in_turn',
  ],
  ['a weight above the capacity counts as the capacity', 'weight.min(self.capacity.limit())', 'weight'],
  ['a task starts when its whole weight fits', '< self.slots_for(weight) || free == 0', '< 1 || free == 0'],
  [
    'a freed worker starts no task that does not fit',
    '.saturating_sub(self.held()) >= more)',
    '.saturating_sub(self.held()) >= 0)',
  ],
  [
    'the thread that last ran the key is preferred',
    'if let Some(worker) = preferred {',
    'if let Some(worker) = preferred.filter(|_| false) {',
  ],
])

add('rules/scheduled/admission.rs', [
  [
    'a newcomer does not pass a vacancy for a heavy task',
    'if !has_own && self.gathering().is_some_and(|other| other < rank) {',
    'if !has_own && self.gathering().is_some_and(|other| other < rank && rank < other) {',
  ],
  [
    'a more important newcomer passes a vacancy for a heavy task',
    'if !has_own && self.gathering().is_some_and(|other| other < rank) {',
    'if !has_own && self.gathering().is_some() {',
  ],
  [
    'whose turn it is passes a vacancy for a heavy task',
    'if !has_own && self.gathering().is_some_and(|other| other < rank) {',
    'if self.gathering().is_some_and(|other| other < rank) {',
  ],
  [
    'lighter tasks do not pass a heavy one',
    'let place = if is_before || is_free {',
    'let place = if is_before || is_free || true {',
  ],
  [
    'one of higher priority that fits passes',
    '            rank < first.rank || (is_before_equals',
    '            (is_before_equals',
  ],
  ['a newcomer of a key that may not start waits', 'schedule.may_start(task.name(), self.limit_of(task));', 'true;'],
  ['a newcomer waits while the rate is spent', ' || self.allowed() == 0;', ';'],
  ['a slot is kept for a turn', 'let turns = if is_free { 0 } else { self.vacancies.held() };', 'let turns = 0_u32;'],
  ['slots are kept for a batch that may not wait', 'let kept = self.batches.kept();', 'let kept = 0_u32;'],
  [
    'a newcomer is refused where it would be if the tasks of a batch waited already',
    'if would_wait || self.would_wait_beside_batches(&task) {',
    'if would_wait {',
  ],
  [
    'whoever may not wait displaces nobody',
    `let victim = if is_full && may_displace && !is_never_waiting { self.victim_of(task) } else { None };
        if is_never_waiting || (is_full`,
    `let victim = if is_full && may_displace { self.victim_of(task) } else { None };
        if (is_never_waiting && victim.is_none()) || (is_full`,
  ],
  [
    'whoever may wait for no time displaces nobody',
    `        if task.wait_timeout == Some(0) {
            self.counters.expire_at_once(1);`,
    `        if task.wait_timeout == Some(0) && victim.is_none() {
            self.counters.expire_at_once(1);`,
  ],
  ['the key is told before the rate', 'None | Some(Reason::Rate) if is_key_full', 'None if is_key_full'],
  ['the pause is told before the key', 'None | Some(Reason::Rate) if is_key_full', 'None | Some(_) if is_key_full'],
  [
    'the background has a bound of its own',
    'if is_background { background } else { self.waiting() - background }',
    'if is_background { background } else { self.waiting() }',
  ],
  [
    'whom booting workers will take does not count against the bound',
    '(waiting - taken).saturating_add(unplaced)',
    '(waiting - taken.min(0)).saturating_add(unplaced)',
  ],
  [
    'a newcomer displaces the oldest of its own key first',
    'own.or_else(|| self.oldest_in_lowest',
    'own.filter(|_| false).or_else(|| self.oldest_in_lowest',
  ],
  ['whoever is more important is not displaced', 'if priority < task.priority { None }', 'if false { None }'],
  ['the one that has waited longest gives way', 'both.min_by_key(', 'both.max_by_key('],
  [
    'the lowest priority gives way',
    '.chain(keyed.priority_to(lowest)).max()?',
    '.chain(keyed.priority_to(lowest)).min()?',
  ],
  [
    'a displaced task is counted as displaced',
    'Outcome::Displaced, Rejection::Displaced',
    'Outcome::Shed, Rejection::Displaced',
  ],
  [
    'a call that is refused for the rate is counted so',
    'Reason::Rate => self.counters.rate += count',
    'Reason::Rate => self.counters.overload += count',
  ],
  [
    'a call that is refused for the key is counted so',
    'Reason::Key => self.counters.key += count',
    'Reason::Key => self.counters.overload += count',
  ],
  [
    'a call that is refused for a pause is counted so',
    'Reason::Paused => self.counters.paused += count',
    'Reason::Paused => self.counters.overload += count',
  ],
])

add('rules/scheduled/order.rs', [
  [
    'slots gather for a heavy vacancy that the rules allow, and for no other',
    'self.slots_of(wait.weight) > 1 && self.may_tell(wait)',
    'self.slots_of(wait.weight) > 1',
  ],
])

add('rules/scheduled/batch.rs', [
  ['a batch is accepted whole or refused whole', 'if waiting == 0 {', 'if room > 0 {'],
  ['places count against the limit of their key', '.counts(name).0 + self.reserved_of(name));', '.counts(name).0);'],
  [
    'a batch beside others has the room that they leave',
    'self.startable_like(task, self.batches.reserved(), self.batches.slots(), of_key)',
    'self.startable_like(task, 0, 0, 0)',
  ],
  [
    'no more of a batch are taken to start than the rate allows',
    'count = count.min(self.allowed().saturating_sub(others));',
    '',
  ],
  [
    'no more of a batch are taken to start than the key allows',
    'count = count.min(self.limit_of(task).saturating_sub(running));',
    'let _ = running;',
  ],
  ['the key of a batch counts', 'is_key_full = self.is_key_full(task, waiting);', 'is_key_full = false;'],
  [
    'most waiting tasks of a key',
    'waiting.saturating_add(more) > schedule.max_waiting_per_key',
    'waiting.saturating_add(more) > schedule.max_waiting_per_key + 1',
  ],
  [
    'a limit of 0 for the waiting tasks of a key is none',
    'filter(|_| schedule.max_waiting_per_key > 0)',
    'filter(|_| true)',
  ],
])

add('rules/scheduled/membership.rs', [
  [
    'a task that a dead thread gives back goes to the head of its key',
    'self.join_queue(id, true);',
    'self.join_queue(id, false);',
  ],
  ['every start counts for the rate', 'starts.note(now);', 'let _ = (starts, now);'],
  ['a key counts its running tasks', 'schedule.keys.start(key);', ''],
  ['an idle worker beyond what a heavy task leaves retires', 'excess.min(self.idle.len())', '0 * excess'],
  ['a schedule stays while somebody awaits a vacancy that only it knows', '&& !self.vacancies.have_special()', ''],
  ['a schedule stays while a batch has tasks that only it knows', '&& !self.batches.have_special()', ''],
])

add('rules/scheduled/serve.rs', [
  [
    'a vacancy stands in the queue as a task does',
    '&& first.is_none_or(|task| rank < task.rank)',
    '&& first.is_none()',
  ],
  [
    'lighter tasks do not pass a vacancy for a heavy one',
    'if self.has_slots_gather(&wait) {',
    'if false && self.has_slots_gather(&wait) {',
  ],
  ['a task that came first goes before a vacancy', '&& first.is_none_or(|task| rank < task.rank)', ''],
  ['what has waited for too long is shed before the next task starts', 'if self.shed_late(effects) {', 'if false {'],
  [
    'a close starts what now may',
    `        if self.schedule.is_some() {
            self.serve(effects);`,
    `        if false {
            self.serve(effects);`,
  ],
  [
    'every transition serves who waits',
    `self.schedule_mut().is_more);
        self.serve(effects);`,
    'self.schedule_mut().is_more);',
  ],
  ['one hold of the lock starts a part of very many', 'let most = effects.len() + HOLD;', 'let most = usize::MAX;'],
  [
    'the reaper comes for the rest of what one hold sheds',
    'return !self.schedule().is_more && self.serve_next(freed, effects);',
    'self.schedule_mut().is_more = false;',
  ],
])

add('rules/scheduled/verbs.rs', [
  [
    'a schedule that is not needed any more serves very many before it goes',
    'could_start as usize <= BATCH && self.end_schedule()',
    'self.end_schedule()',
  ],
])

add('rules/backlog.rs', [
  ['the reaper starts the rest of very many', '|| self.schedule.as_ref().is_some_and(|schedule| schedule.is_more)', ''],
  ['the reaper gives back the rest of what a close keeps', '|| (!is_open && self.vacancies.held() > 0)', ''],
])

add('rules/scheduled/shed.rs', [
  [
    'of a queue that stands the newest starts first',
    '.is_some_and(|standing| standing.is_long(priority, self.now))',
    '.is_none()',
  ],
  [
    'while the pool closes nothing is shed',
    'schedule.standing.as_ref().filter(|_| self.lifetime.is_open()) else',
    'schedule.standing.as_ref() else',
  ],
  ['a pause stops the clock of queues', 'schedule.is_paused() || self.allowed() == 0 ||', 'self.allowed() == 0 ||'],
  [
    'a spent rate stops the clock of queues',
    'schedule.is_paused() || self.allowed() == 0 ||',
    'schedule.is_paused() ||',
  ],
  ['the background is never shed', '.filter(|&priority| priority != BACKGROUND)', '.filter(|_| from <= BACKGROUND)'],
  ['what is shed is counted as shed', 'Outcome::Shed, Rejection::Shed', 'Outcome::Displaced, Rejection::Shed'],
])

add('state/schedule/standing.rs', [
  [
    'a queue stands after an interval',
    '.is_some_and(|&since| now - since >= self.shed.interval)',
    '.is_some_and(|_| true)',
  ],
  [
    'shedding begins after an interval',
    'let is_long = move |since: Nanos| now - since >= self.shed.interval;',
    'let is_long = move |since: Nanos| now >= since;',
  ],
  ['what has waited for longer than the target is late', '> self.shed.target', '>= self.shed.target'],
  [
    'a queue that empties does not stand',
    '.binary_search(priority).is_ok()',
    '.binary_search(priority).is_ok() || true',
  ],
  ['tasks that came before have waited from the moment at which shedding begins', 'at.max(self.from)', 'at'],
])

add('state/schedule/keys/order.rs', [
  ['no more of a key run than may', 'if running >= per_key {', 'if running > per_key {'],
  [
    'in the background a key that may not start is passed over',
    'self.records[id].running < per_key;',
    'self.records[id].running < u32::MAX;',
  ],
  ['a given back task hides no older one of its key', 'self.arrivals.most_returned() as usize + 1', '1'],
  [
    'of a key the lowest priority gives way',
    'record.lists.iter().rfind(is_meant)?',
    'record.lists.iter().find(is_meant)?',
  ],
  ['of a key in several priorities no more are expected to start than may', 'seen[at].1);', '0 * seen[at].1);'],
])

add('state/schedule/keys/mod.rs', [
  [
    'the key with the fewest running tasks goes first',
    'let running = if is_equal { 0 } else { record.running };',
    'let running = if is_equal { 0 } else { u32::from(record.running >= 1) };',
  ],
  [
    'in the background keys are equal',
    'let running = if is_equal { 0 } else { record.running };',
    'let running = if is_equal && record.limit.is_some() { 0 } else { record.running };',
  ],
  ['the memory of a key is gone with its last task', 'if record.running == 0 && record.waiting == 0 {', 'if false {'],
  ['what a dead thread gives back stands before the others of its key', 'list.head = task;', 'list.tail = task;'],
])

add('rules/turns.rs', [
  ['a turn keeps the slots of its weight', 'let slots = self.slots_of(weight);', 'let slots = 1; let _ = weight;'],
])

add('state/queue.rs', [
  ['a given back task hides no older one', 'self.returned = if self.len == 0 { 1 } else { self.returned + 1 };', ''],
])

add('state/recent.rs', [
  ['a thread is remembered for so many keys', 'self.by_key.len() > MOST', 'self.by_key.len() > MOST + 1'],
])

add('state/schedule/rate.rs', [
  [
    'no more than the limit start in an interval',
    'self.rate.limit - (self.times.len()',
    'self.rate.limit + 1 - (self.times.len()',
  ],
  [
    'no fewer than the limit start in an interval',
    'self.times.partition_point(|&time| time + interval <= now)',
    'self.times.partition_point(|&time| time + interval <= now).min(1)',
  ],
  [
    'a start counts until its interval has passed',
    `Some(&oldest) if oldest + interval <= now => {
                self.times.partition_point(|&time| time + interval <= now)`,
    `Some(&oldest) if oldest + interval <= now + 5_000_000 => {
                self.times.partition_point(|&time| time + interval <= now + 5_000_000)`,
  ],
  [
    'a start no longer counts when its interval has passed',
    'Some(&oldest) if oldest + interval <= now => {',
    'Some(&oldest) if oldest + interval < now => {',
  ],
  [
    'a start that lies an interval back is over to the nanosecond',
    '|&time| time + interval <= now)',
    '|&time| time + interval <= now + 1)',
  ],
  [
    'starts that are not known any more were as late as the oldest known one',
    'std::iter::repeat_n(oldest, new - old)',
    'std::iter::repeat_n(oldest, 0)',
  ],
  [
    'a smaller limit keeps the last starts',
    'self.times.pop_front();\n        }\n        if',
    'self.times.pop();\n        }\n        if',
  ],
  ['whoever waits behind others is told its round', 'first + u64::from(rounds) * interval', 'first'],
])

add('state/mod.rs', [
  [
    'the reaper comes when the rate allows the next start',
    'if is_awaited && !schedule.is_paused() { starts.next_increase',
    'if false { starts.next_increase',
  ],
  [
    'after a pause for failed boots one worker tries for all',
    '(!self.starts.are_paused() && !is_trying) as u32',
    '(!self.starts.are_paused()) as u32',
  ],
  [
    'no worker boots in the pause after a failed boot',
    '(!self.starts.are_paused() && !is_trying) as u32',
    '(!is_trying) as u32',
  ],
  [
    'a worker is validated after it has been idle for long enough',
    'since + after <= self.now',
    'since + after < self.now',
  ],
  [
    'a worker that has not been idle for long is not validated',
    '|| since + after <= self.now)',
    '|| since <= self.now)',
  ],
  ['a worker that goes from task to task is not validated', 'self.fresh != Some(worker) && (after', '(after'],
  ['a batch counts as if it waited', 'self.waiting().saturating_add(self.batches.reserved())', 'self.waiting()'],
])

add('state/schedule/mod.rs', [
  ['tasks that age go by the time of their call', ' + u128::from(at), priority)', ' + 0 * u128::from(at), priority)'],
  [
    'tasks that age go by their priority',
    'u128::from(priority) * u128::from(ageing)',
    '0 * u128::from(priority) * u128::from(ageing)',
  ],
])

add('rules/scheduled/verbs.rs', [
  ['a closed pool cannot be paused', 'if !self.lifetime.is_open() || !self.faces', 'if !self.faces'],
  [
    'a pool that closes is not paused',
    `    pub(crate) fn forget_pause(&mut self) {
        if let Some(schedule) = &mut self.schedule {`,
    `    pub(crate) fn forget_pause(&mut self) {
        if let Some(schedule) = self.schedule.as_mut().filter(|_| false) {`,
  ],
  [
    'a resume starts tasks',
    `    pub(crate) fn resume(&mut self, effects: &mut Effects<T>) {
        if let Some(schedule) = &mut self.schedule {`,
    `    pub(crate) fn resume(&mut self, effects: &mut Effects<T>) {
        if let Some(schedule) = self.schedule.as_mut().filter(|_| false) {`,
  ],
  [
    'the pool resumes when the last face that paused it has gone',
    '.retain(|&other| other != face);',
    '.retain(|&other| other == face);',
  ],
  [
    'what waits at the call is cleared, and nothing else',
    'self.arrival_of(id).0 <= last;',
    'self.arrival_of(id).0 <= last.max(u64::MAX);',
  ],
  [
    'given back tasks hide nothing from a clear',
    'queue.first_of_all().filter_map',
    'queue.first_of_all().take(1).filter_map',
  ],
  [
    'what is cleared is counted as cleared',
    'self.reject_waiting(task, Outcome::Cleared',
    'self.reject_waiting(task, Outcome::Cancelled',
  ],
  [
    'a change of the rate keeps its starts',
    '(Some(starts), Some(rate)) => starts.change(rate),',
    '(Some(starts), Some(rate)) => *starts = Starts::new(rate),',
  ],
  [
    'a change of shedding keeps the clock',
    '(Some(standing), Some(shed)) => standing.change(shed),',
    '(Some(standing), Some(shed)) => *standing = Standing::new(shed, now),',
  ],
  [
    'while the rate is spent, the time until a start is told',
    'starts.start_behind(waiting, now)',
    'starts.start_behind(0, now)',
  ],
  ['otherwise waiting tasks over the rate of ends', 'f64::from(waiting.max(1))', '1.0'],
  ['whoever is refused beside an empty queue would be the next', 'f64::from(waiting.max(1))', 'f64::from(waiting)'],
  [
    'a smaller expiry counts from the change if nobody looked before',
    '(false, true) => self.idle.restart(now),',
    '(false, true) => {}',
  ],
  ...['nonblocking', 'max_waiting', 'min_size'].map((option) => [
    `${option} is live`,
    `set(&mut options.${option}, change.${option});`,
    '',
  ]),
  ...['overload', 'shed', 'rate', 'per_key', 'max_waiting_per_key'].map((option) => [
    `${option} is live`,
    `set(&mut policy.${option}, change.${option});`,
    '',
  ]),
  ['grace is live', 'options.kind = WorkerKind::Thread { grace };', 'let _ = grace;'],
  ['expiry is live', 'options.expiry = expiry;', ''],
])

add('pool/scheduling.rs', [
  ['a clear goes on until nothing of it waits', 'is_more\n', 'false && is_more\n'],
  ['a change of the capacity is followed', 'self.tune(capacity);', 'let _ = capacity;'],
])

add('rules/close.rs', [
  [
    'a reboot keeps the starts of the rate',
    `        self.starts.renew();
        self.lifetime.reopen();`,
    `        self.starts.renew();
        if let Some(schedule) = &mut self.schedule {
            schedule.rate = self.options.policy.rate.map(crate::state::schedule::rate::Starts::new);
        }
        self.lifetime.reopen();`,
  ],
])

add('state/throughput.rs', [
  ['samples lie 100 ms apart', 'now - sample.at >= LEAST', 'now - sample.at >= 0'],
  [
    'the rate of ends is not known before the second sample',
    'let base = self.base?;',
    'let base = self.base.unwrap_or(Sample { at: 0, ended: 0 });',
  ],
])

add('rules/boot.rs', [
  ['a worker that is too old retires', 'self.terms.insert(worker.0, clock.now() + age, 0);', 'let _ = age;'],
  [
    'an invalid worker is disposed of',
    `        self.census.end_work(generation);
        self.retire(worker, effects);
        self.fill(effects);`,
    `        self.census.end_work(generation);
        self.exit(worker, effects);
        self.fill(effects);`,
  ],
  ['each attempt that fails rejects the first waiting task', 'failed = self.next_waiting();', ''],
  [
    'the task that waits for a slow boot rejects',
    'if is_current && let Some(task) = self.next_waiting() {',
    'if false && let Some(task) = self.next_waiting() {',
  ],
  [
    'a resource that is ready too late is disposed of',
    `            WorkerState::Late => {
                self.workers[worker].stop();
                effects.push(Effect::Retire(worker));
                None
            }
            _ => None,`,
    `            WorkerState::Late => None,
            _ => None,`,
  ],
  ['while closing a failed boot rejects all that wait', 'self.starts.give_up(rejection);', ''],
  [
    'boots that were started together fail together',
    `        if !self.starts.are_paused() {
            self.starts.pause(now, share);`,
    `        if true {
            self.starts.pause(now, share);`,
  ],
  ['a success ends the back-off', '                self.starts.succeed();', ''],
])

add('state/starts.rs', [
  ['the pause after a failed boot doubles', '(2 * self.pause)', '(1 * self.pause)'],
  ['the pause after a failed boot grows to 5 s', 'LAST_PAUSE: Nanos = 5_000', 'LAST_PAUSE: Nanos = 10_000'],
  ['the pause after a failed boot begins with 100 ms', 'FIRST_PAUSE: Nanos = 100', 'FIRST_PAUSE: Nanos = 50'],
  ['the pause has full jitter', '(u128::from(share) + 1)', '(u128::from(share.max(u32::MAX)) + 1)'],
])

add('state/worker.rs', [['a worker retires after its last use', 'self.uses >= most', 'self.uses > most']])

add('rules/reap.rs', [
  [
    'a disposal that takes too long frees its slot',
    'WorkerState::Stopping => self.give_up(worker, effects),',
    'WorkerState::Stopping => {}',
  ],
  ['an idle worker that is too old retires', 'if is_idle {', 'if false && is_idle {'],
])

add('rules/fill.rs', [
  [
    'so many workers are kept',
    'let needed = self.least().max(u32::from(is_awaited));',
    'let needed = u32::from(is_awaited);',
  ],
  [
    'who waits for the pool to be ready is a need for one worker',
    'let needed = self.least().max(u32::from(is_awaited));',
    'let needed = self.least();',
  ],
])

add('rules/scheduled/preview.rs', [
  [
    'the next task of a list follows when the one before it has started',
    'self.wait(self.next_of(task));',
    'let _ = task;',
  ],
  ['what has started first ends first', 'self.running.pop_front()', 'self.running.pop_back()'],
  ['the keys of what runs are looked at', 'self.take_list((Some(key), priority));', 'let _ = priority;'],
  ['a task that was moved stands where it is now', 'if arrival != (record.number, 0) {', 'if false {'],
  ['a rate does not hide who is next', 'policy: Policy { rate: None, ..policy },', 'policy,'],
])
