//! Values on their way between isolates. Each is a kind, a number and bytes.

use crate::table::enumeration;

enumeration! {
    /// What a value is made of.
    ValueKind {
        /// `undefined`.
        Undefined,
        /// A number.
        Number,
        /// `true`.
        True,
        /// `false`.
        False,
        /// `null`.
        Null,
        /// Bytes that `Encoder` has made.
        Bytes,
        /// It comes by the message port.
        Port,
        /// Bytes that V8's serializer has made.
        Serialized,
        /// One view or buffer of many bytes, and nothing else: its number says of which kind. Comes by `bring`, goes by `fill`.
        View,
        /// A native job that has ended: `conclude` takes it by its number.
        Job,
    }
}

enumeration! {
    /// What is said of a value beside its kind.
    ValueFlag {
        /// What of the number is the kind.
        Mask = 0xff,
        /// The exchange has no room for its bytes: they go by `fill`.
        Large = 0x100,
        /// It is what a task has failed with.
        Failed = 0x200,
        /// The owner of the thread may not have read yet what that has printed before.
        Printed = 0x400,
        /// It is no end: the task tells how far it has come. `Figure.id` is the stamp of the task.
        Progress = 0x800,
    }
}
