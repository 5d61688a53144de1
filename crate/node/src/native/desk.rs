//! Native jobs of an isolate, before they are tasks and once they are none any more.

use std::{
    cell::{Cell, RefCell},
    ffi::{CString, c_void},
};

use napi::sys;

use crate::native::job::Job;

/// A function that an environment calls as it ends.
pub(crate) type CleanupHook = unsafe extern "C" fn(*mut c_void);

/// A job whose function has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) job: Job,
    /// What it has failed with.
    pub(crate) failure: Option<CString>,
}

/// Addons are called with nothing borrowed here, as they may call again.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The job that is being handed in. TypeScript offers it to one pool or to several, and the first one that accepts it takes it.
    offered: RefCell<Option<Job>>,
    /// In the order in which the exchange tells of them.
    ended: RefCell<Vec<Option<Ended>>>,
    /// Refers to the function of TypeScript that submits what is offered, weakly: whoever has a ticket has that.
    submit: Cell<Option<sys::napi_ref>>,
    /// The environments of the addons that have handed in jobs.
    envs: RefCell<Vec<sys::napi_env>>,
    /// What each of them calls as it ends.
    hook: Cell<Option<CleanupHook>>,
}

impl Desk {
    /// This job is offered now. Gives the one that was offered before: an addon may hand in a job while one is being handed in.
    pub(crate) fn offer(&self, job: Option<Job>) -> Option<Job> {
        self.offered.replace(job)
    }

    /// A job has ended; gives its place.
    pub(crate) fn put(&self, ended: Ended) -> usize {
        let mut all = self.ended.borrow_mut();
        all.push(Some(ended));
        all.len() - 1
    }

    /// TypeScript knows that this job has ended.
    pub(crate) fn take(&self, place: usize) -> Option<Ended> {
        self.ended.borrow_mut().get_mut(place)?.take()
    }

    /// TypeScript has seen to all that have ended. Gives those that it did not take.
    pub(crate) fn clear(&self) -> Vec<Ended> {
        let mut all = self.ended.borrow_mut();
        if all.is_empty() {
            return Vec::new();
        }
        all.drain(..).flatten().collect()
    }

    pub(crate) fn serve(&self, submit: sys::napi_ref) {
        self.submit.set(Some(submit));
    }

    /// The environment of an addon that hands in a job. If it is a new one: the hook that is to be added to it.
    pub(crate) fn know(&self, env: sys::napi_env) -> Option<CleanupHook> {
        let mut envs = self.envs.borrow_mut();
        if envs.contains(&env) {
            return None;
        }
        envs.push(env);
        self.hook.get()
    }

    /// That has no hook after all.
    pub(crate) fn forget(&self, env: sys::napi_env) {
        self.envs.borrow_mut().retain(|&known| known != env);
    }

    /// `hook` gets the address of the number of this load, which is to be freed by it, and ends the load.
    pub(crate) fn end_by(&self, hook: CleanupHook) {
        self.hook.set(Some(hook));
    }

    pub(crate) fn reference(&self) -> Option<sys::napi_ref> {
        self.submit.get()
    }
}
