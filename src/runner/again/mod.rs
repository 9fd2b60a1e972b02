//! Plays cases again if the target may not have caused the result, and reduces findings to their smallest form.

pub(crate) mod doubt;
pub(crate) mod narrow;
pub(crate) mod sequence;
pub(crate) mod shorten;
pub(crate) mod tries;
