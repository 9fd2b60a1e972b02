//! One way to write a list of entries that the sources name: an entry is a constant, and the list has all of them.

/// Defines each entry under its name, and their list.
macro_rules! entries {
    ($list:ident: $type:ty; $($name:ident = $entry:expr,)+) => {
        $(pub(crate) static $name: $type = $entry;)+

        pub(super) static $list: &[&$type] = &[$(&$name),+];
    };
}
