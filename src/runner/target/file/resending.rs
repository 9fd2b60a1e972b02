//! The settings for calls in the target file: how long they may take, how often they are sent again, and how fast they follow each other.

use std::time::Duration;

use toml::Spanned;

use super::place::{Source, TargetFileError};
use super::reader::File;
use crate::runner::target::resending::{Resending, ResendingError};
use crate::transport::Limits;

impl Source {
    pub(crate) fn limits(&self, timeout: Option<&Spanned<f64>>) -> Result<Limits, TargetFileError> {
        let mut limits = Limits::default();
        if let Some(seconds) = timeout {
            let fits = |seconds: &f64| (0.01..=600.0).contains(seconds);
            let Some(seconds) = Some(*seconds.get_ref()).filter(fits) else {
                return Err(self.error(seconds.span().start, "timeout-seconds has to be a number from 0.01 to 600"));
            };
            limits.timeout = Duration::from_secs_f64(seconds);
        }
        Ok(limits)
    }

    /// Keys that are left out have the values of [`Resending::default`].
    pub(crate) fn resending(&self, file: &File) -> Result<Resending, TargetFileError> {
        let mut resending = Resending::default();
        if let Some(retries) = &file.retries {
            let fits = |retries: &u32| *retries <= Resending::MOST_RETRIES;
            resending.retries = Some(*retries.get_ref()).filter(fits).ok_or_else(|| {
                let message = format!("retries has to be a number from 0 to {}", Resending::MOST_RETRIES);
                self.error(retries.span().start, message)
            })?;
        }
        let wrong = |text: &Spanned<String>, key: &str, why: ResendingError| {
            self.error(text.span().start, format!("{key}: {why}"))
        };
        if let Some(text) = &file.retry_budget {
            resending.budget = text.get_ref().parse().map_err(|why| wrong(text, "retry-budget", why))?;
        }
        if let Some(text) = &file.rate {
            resending.rate = Some(text.get_ref().parse().map_err(|why| wrong(text, "rate", why))?);
        }
        Ok(resending)
    }
}
