//! Random histories of a mailbox, played to it and to a naive model; after every step both say the same. `PROPTEST_CASES` makes it
//! longer: `PROPTEST_CASES=100000 cargo test -p workpool-mailbox --release --test model`.
#![cfg(not(loom))]

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::Duration,
};

use proptest::{collection::vec, prelude::*, test_runner::Config};
use workpool_mailbox::{Bell, Mailbox, Next, Sender};

#[derive(Debug, Clone)]
enum Step {
    Open,
    Close,
    Push(Sender),
    /// Several commands.
    PushAll(u8, Sender),
    PushTask,
    PushOutcome,
    Pop,
    PopTask,
    FirstOf,
    Sleep,
    SwapOutcomes,
    Park,
}

fn step() -> impl Strategy<Value = Step> {
    let sender = || prop_oneof![3 => Just(Sender::Other), 1 => Just(Sender::Itself)];
    prop_oneof![
        1 => Just(Step::Open),
        1 => Just(Step::Close),
        6 => sender().prop_map(Step::Push),
        2 => (0_u8..4, sender()).prop_map(|(count, sender)| Step::PushAll(count, sender)),
        6 => Just(Step::PushTask),
        6 => Just(Step::PushOutcome),
        12 => Just(Step::Pop),
        8 => Just(Step::PopTask),
        3 => Just(Step::FirstOf),
        6 => Just(Step::Sleep),
        4 => Just(Step::SwapOutcomes),
        2 => Just(Step::Park),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Command,
    Task,
    Outcome,
}

/// One list of all that lies in the mailbox, in the order of arrival.
#[derive(Debug, Default)]
struct Model {
    is_open: bool,
    messages: Vec<(Kind, u32)>,
    has_new_tasks: bool,
    is_awake: bool,
    rings: usize,
}

impl Model {
    fn push(&mut self, messages: &[(Kind, u32)], sender: Sender) -> bool {
        if self.is_open {
            self.messages.extend(messages);
            if sender == Sender::Other {
                self.rings += usize::from(!self.is_awake);
                self.is_awake = true;
            }
        }
        self.is_open
    }

    fn has(&self, kind: Kind) -> bool {
        self.messages.iter().any(|&(of, _)| of == kind)
    }

    fn take(&mut self, kind: Kind) -> Option<u32> {
        let index = self.messages.iter().position(|&(of, _)| of == kind)?;
        Some(self.messages.remove(index).1)
    }

    fn take_all(&mut self, kind: Kind) -> Vec<u32> {
        std::iter::from_fn(|| self.take(kind)).collect()
    }

    fn pop(&mut self) -> Next<u32> {
        if let Some(command) = self.take(Kind::Command) {
            return Next::Command(command);
        }
        if self.has(Kind::Outcome) {
            return Next::Outcomes;
        }
        if std::mem::take(&mut self.has_new_tasks) && self.has(Kind::Task) {
            return Next::Tasks;
        }
        self.is_awake = false;
        Next::Nothing
    }
}

#[derive(Debug, Default)]
struct Rings {
    count: Cell<usize>,
    is_open: Cell<bool>,
}

#[derive(Debug)]
struct TestBell(Rc<Rings>);

impl Bell for TestBell {
    fn ring(&self) {
        assert!(self.0.is_open.get(), "a bell rings that has been given back");
        self.0.count.set(self.0.count.get() + 1);
    }
}

/// A message that says when it is dropped without having been taken.
#[derive(Debug)]
struct Message {
    number: u32,
    dropped: Option<Rc<RefCell<Vec<u32>>>>,
}

impl Message {
    fn taken(mut self) -> u32 {
        self.dropped = None;
        self.number
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        if let Some(dropped) = &self.dropped {
            dropped.borrow_mut().push(self.number);
        }
    }
}

/// Both sides of a history.
#[derive(Debug, Default)]
struct Play {
    model: Model,
    mailbox: Mailbox<Message, Message, Message, TestBell>,
    rings: Rc<Rings>,
    dropped: Rc<RefCell<Vec<u32>>>,
    count: u32,
}

impl Play {
    fn message(&mut self) -> Message {
        self.count += 1;
        Message { number: self.count, dropped: Some(self.dropped.clone()) }
    }

    /// What has been dropped in this step.
    fn dropped(&self) -> Vec<u32> {
        self.dropped.take()
    }

    /// A message of its kind is added to both, by `push` to the mailbox.
    fn add(&mut self, kind: Kind, sender: Sender, push: impl FnOnce(&Self, Message) -> bool) {
        let message = self.message();
        let number = message.number;
        let is_accepted = push(self, message);
        assert_eq!(is_accepted, self.model.push(&[(kind, number)], sender));
        let refused: &[u32] = if is_accepted { &[] } else { &[number] };
        assert_eq!(self.dropped(), refused);
        if kind == Kind::Task && is_accepted {
            self.model.has_new_tasks = true;
        }
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Open => {
                // An isolate opens its mailbox once.
                if !self.model.is_open {
                    self.mailbox.open(TestBell(self.rings.clone()));
                    self.rings.is_open.set(true);
                    self.model.is_open = true;
                }
            }
            Step::Close => {
                let bell = self.mailbox.close();
                self.rings.is_open.set(false);
                assert_eq!(bell.is_some(), self.model.is_open);
                let mut dropped = self.dropped();
                dropped.sort_unstable();
                let mut lay: Vec<_> = self.model.messages.iter().map(|&(_, number)| number).collect();
                lay.sort_unstable();
                assert_eq!(dropped, lay);
                self.model = Model { rings: self.model.rings, ..Model::default() };
            }
            Step::Push(sender) => {
                self.add(Kind::Command, sender, |play, message| play.mailbox.push(message, sender));
            }
            Step::PushAll(count, sender) => {
                let commands: Vec<_> = (0..count).map(|_| self.message()).collect();
                let numbers: Vec<_> =
                    commands.iter().map(|command| (Kind::Command, command.number)).collect();
                let is_accepted = self.mailbox.push_all(commands, sender);
                assert_eq!(is_accepted, self.model.push(&numbers, sender));
                assert_eq!(self.dropped().len(), if is_accepted { 0 } else { numbers.len() });
            }
            Step::PushTask => {
                self.add(Kind::Task, Sender::Other, |play, task| play.mailbox.push_task(task));
            }
            Step::PushOutcome => {
                self.add(Kind::Outcome, Sender::Other, |play, outcome| play.mailbox.push_outcome(outcome));
            }
            Step::Pop => {
                let next = match self.mailbox.pop() {
                    Next::Command(command) => Next::Command(command.taken()),
                    Next::Outcomes => Next::Outcomes,
                    Next::Tasks => Next::Tasks,
                    Next::Nothing => Next::Nothing,
                };
                assert_eq!(next, self.model.pop());
            }
            Step::PopTask => {
                let task = self.mailbox.pop_task().map(Message::taken);
                self.model.is_awake = true;
                assert_eq!(task, self.model.take(Kind::Task));
            }
            Step::FirstOf => {
                let message = self.message();
                let number = message.number;
                let first = self.mailbox.first_of(message).taken();
                self.model.messages.push((Kind::Task, number));
                assert_eq!(Some(first), self.model.take(Kind::Task));
            }
            Step::Sleep => {
                self.model.is_awake = !self.model.messages.is_empty();
                assert_eq!(self.mailbox.sleep(), !self.model.is_awake);
            }
            Step::SwapOutcomes => {
                let mut outcomes = VecDeque::new();
                self.mailbox.swap_outcomes(&mut outcomes);
                let taken: Vec<_> = outcomes.into_iter().map(Message::taken).collect();
                assert_eq!(taken, self.model.take_all(Kind::Outcome));
            }
            // Nobody wakes it, so it either finds something or gives up.
            Step::Park => self.mailbox.park(Duration::ZERO),
        }
        assert_eq!(self.rings.count.get(), self.model.rings, "who sleeps is woken, and nobody else");
        assert!(self.mailbox.may_have_some() || self.model.messages.is_empty(), "the hint hides a message");
        assert!(self.dropped().is_empty(), "nothing else is dropped");
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_mailbox_does_what_the_model_does(steps in vec(step(), 0..200)) {
        let mut play = Play::default();
        play.play(&Step::Open);
        for step in &steps {
            play.play(step);
        }
        // Whatever has happened, an isolate that looks until there is nothing has everything.
        while play.model.has(Kind::Command) || play.model.has(Kind::Outcome) {
            play.play(&Step::Pop);
            if !play.model.has(Kind::Command) {
                play.play(&Step::SwapOutcomes);
            }
        }
        while play.model.has(Kind::Task) {
            play.play(&Step::PopTask);
        }
        prop_assert!(play.model.messages.is_empty());
        prop_assert!(play.mailbox.sleep());
    }
}
