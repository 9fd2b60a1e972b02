//! How an attack is asked to end early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks an attack to end early; its results are kept.
#[derive(Debug, Clone)]
pub struct Stop {
    stopped: Arc<AtomicBool>,
    pressed_again: fn(),
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::new(|| ())
    }
}

impl Stop {
    /// A stop that does this when Ctrl-C is pressed once more while the attack ends.
    pub fn new(pressed_again: fn()) -> Stop {
        Stop { stopped: Arc::default(), pressed_again }
    }

    /// No new cycle is begun from now on.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// What Ctrl-C does: ends the attack, or does what was given for the second time.
    pub(super) fn pressed(&self) {
        if self.is_stopped() { (self.pressed_again)() } else { self.stop() }
    }
}
