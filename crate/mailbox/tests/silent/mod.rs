//! A mailbox whose bell nobody hears.

use workpool_mailbox::{Bell, Mailbox};

#[derive(Debug)]
pub(crate) struct Silent;

impl Bell for Silent {
    fn ring(&self) {}
}

pub(crate) type TestMailbox = Mailbox<u32, u32, u32, Silent>;

pub(crate) fn open() -> TestMailbox {
    let mailbox = TestMailbox::default();
    mailbox.open(Silent);
    mailbox
}
