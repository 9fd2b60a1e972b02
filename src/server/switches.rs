//! The defects and variants of a server.

use super::defect::Defect;
use super::variant::Variant;
use crate::relying_party::Omission;

/// The defects and variants that a server was started with. Without any, asking costs one comparison.
#[derive(Debug, Clone, Default)]
pub(super) struct Switches {
    defects: Vec<&'static Defect>,
    variants: Vec<&'static Variant>,
}

impl Switches {
    pub(super) fn new(defects: &[&'static Defect], variants: &[&'static Variant]) -> Self {
        Self { defects: defects.to_vec(), variants: variants.to_vec() }
    }

    /// Whether it is an ordinary server.
    pub(super) fn is_empty(&self) -> bool {
        self.defects.is_empty() && self.variants.is_empty()
    }

    /// Whether the defect is switched on.
    pub(super) fn has(&self, defect: &'static Defect) -> bool {
        self.defects.iter().any(|one| std::ptr::eq(*one, defect))
    }

    /// Whether the variant is switched on.
    pub(super) fn varies(&self, variant: &'static Variant) -> bool {
        self.variants.iter().any(|one| std::ptr::eq(*one, variant))
    }

    /// The parts that the verifier leaves out.
    pub(super) fn omission(&self) -> Option<Omission> {
        self.defects.iter().find_map(|defect| defect.omission())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_switched_on_is_known() {
        let mut defects = super::super::defect::all();
        let (first, second) = (defects.next().expect("one"), defects.next().expect("two"));
        let switches = Switches::new(&[first], &[]);
        assert!(switches.has(first) && !switches.has(second));
        assert!(!Switches::default().has(first));
    }
}
