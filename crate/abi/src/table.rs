//! A list of numbers that have names, as Rust code and as data.

/// The lines of a doc comment.
pub(crate) type Doc = &'static [&'static str];

/// A number with its name.
#[derive(Debug)]
pub(crate) struct Row {
    /// As Rust writes it: `UpperCamelCase`, or `UPPER_CASE`.
    pub(crate) name: &'static str,
    pub(crate) doc: Doc,
    pub(crate) value: i64,
}

/// An enumeration.
#[derive(Debug)]
pub(crate) struct Enumeration {
    pub(crate) name: &'static str,
    pub(crate) doc: Doc,
    pub(crate) rows: &'static [Row],
}

/// Defines an enumeration of 32-bit integers, with the same as data beside it.
macro_rules! enumeration {
    ($(#[doc = $doc:literal])* $name:ident {
        $($(#[doc = $row_doc:literal])* $variant:ident $(= $value:expr)?,)*
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(i32)]
        pub enum $name {
            $($(#[doc = $row_doc])* $variant $(= $value)?,)*
        }

        impl $name {
            pub(crate) const ENUMERATION: $crate::table::Enumeration = $crate::table::Enumeration {
                name: stringify!($name),
                doc: &[$($doc),*],
                rows: &[$($crate::table::Row {
                    name: stringify!($variant),
                    doc: &[$($row_doc),*],
                    value: Self::$variant as i64,
                }),*],
            };

            /// How many there are.
            pub const COUNT: usize = Self::ENUMERATION.rows.len();

            /// The one that has this number, if one has.
            #[must_use]
            pub const fn of(number: i32) -> Option<Self> {
                $(
                    if number == Self::$variant as i32 {
                        return Some(Self::$variant);
                    }
                )*
                None
            }
        }
    };
}

/// Defines constants of any type, with the same as data in `CONSTANTS`: TypeScript has them under the name `$group`, as only
/// the members of an enumeration are written in place there.
macro_rules! constants {
    ($(#[doc = $group_doc:literal])* $group:ident {
        $($(#[doc = $doc:literal])* $name:ident: $type:ty = $value:expr,)*
    }) => {
        $($(#[doc = $doc])* pub const $name: $type = $value;)*

        pub(crate) const CONSTANTS: $crate::table::Enumeration = $crate::table::Enumeration {
            name: stringify!($group),
            doc: &[$($group_doc),*],
            rows: &[
                $($crate::table::Row { name: stringify!($name), doc: &[$($doc),*], value: $name as i64 }),*
            ],
        };
    };
}

pub(crate) use {constants, enumeration};
