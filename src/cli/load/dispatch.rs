//! One load, or another verb of `load`.

use super::attack::load;
use super::{calibrate, find, records};
use crate::cli::args::{LoadCommand, LoadVerb};
use crate::cli::exit::{Exit, Failure};

/// One load, or another verb of `load`.
pub async fn dispatch(command: LoadCommand) -> Result<Exit, Failure> {
    match command.verb {
        None => load(command.load).await,
        Some(LoadVerb::Records(verb)) => records::run(&verb),
        Some(LoadVerb::Find(arguments)) => find::find(*arguments).await,
        Some(LoadVerb::Calibrate(arguments)) => calibrate::calibrate(arguments).await,
    }
}
