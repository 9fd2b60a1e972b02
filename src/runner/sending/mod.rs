//! Sends calls at the pace of the run, and sends them again if that does no harm.

pub(crate) mod attempts;
pub(crate) mod drops;
pub(crate) mod pace;
