//! Results as data: verdicts, findings and the event stream that every report is rendered from.

mod concern;
mod event;
mod evidence;
pub mod exchange_text;
mod finding;
pub mod load;
mod merge;
mod occasion;
pub mod pace;
mod profile;
mod reason;
mod record;
mod run;
pub mod said;
mod sent_again;
pub mod severity;
mod slow;
mod stopped;
mod verdict;

pub use concern::Concern;
pub use event::{Event, MadeWith, RunFinished, RunStarted, Shard};
pub use evidence::{Evidence, Expected, RecordedBody};
pub use finding::{Finding, Promise, gravest};
pub use merge::{MergeError, merge};
pub use occasion::{Moment, Occasion};
pub use profile::Profile;
pub use reason::Reason;
pub use record::{CaseRecord, CredentialRecord, ExchangeRecord, TryRecord};
pub use run::{RunRecord, Statement, Tally};
pub use sent_again::SentAgain;
pub use slow::{LARGE, Slow};
pub use stopped::{StopCause, Stopped};
pub use verdict::Verdict;
