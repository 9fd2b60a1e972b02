//! Plays cases again where what came may not be the target's, and makes what was found as small as it can be.

pub(crate) mod doubt;
pub(crate) mod narrow;
pub(crate) mod sequence;
pub(crate) mod shorten;
pub(crate) mod tries;
