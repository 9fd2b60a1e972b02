//! Ctrl-C, and the signal by which CI services end a job.

use super::exit::Exit;
use super::reports;

/// Waits until the user or the system asks the process to end.
pub async fn asked() {
    Interrupts::listen().next().await;
}

/// Ends the process now, without waiting for what is under way. No half-written report is left.
pub fn leave() -> ! {
    reports::abandon();
    std::process::exit(Exit::Interrupted.code().into())
}

/// The signals to end the process, from now on. No signal between two waits is missed.
pub struct Interrupts {
    #[cfg(unix)]
    signals: [Option<tokio::signal::unix::Signal>; 2],
}

#[cfg(unix)]
impl Interrupts {
    /// Listens; has to be called on a runtime.
    pub fn listen() -> Interrupts {
        use tokio::signal::unix::{SignalKind, signal};
        Interrupts { signals: [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()) }
    }

    /// Waits for the next time.
    pub async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            () = received(interrupt) => {}
            () = received(terminate) => {}
        }
    }
}

#[cfg(unix)]
async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

#[cfg(not(unix))]
impl Interrupts {
    /// Listens.
    pub fn listen() -> Interrupts {
        Interrupts {}
    }

    /// Waits for the next time.
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
