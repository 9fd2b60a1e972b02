//! Quantiles of Student's t.

use std::f64::consts::FRAC_2_PI;

/// The value that lies within ±t with this probability, for whole degrees of freedom. Abramowitz and Stegun, 26.7.3 and 26.7.4.
pub(super) fn two_sided(confidence: f64, freedom: u32) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // For one degree of freedom and 0.999999 it is 636,619.
    while within(high, freedom) < confidence && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if within(middle, freedom) < confidence {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// How probable it is to be within ±t.
fn within(t: f64, freedom: u32) -> f64 {
    let angle = (t / f64::from(freedom).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = if freedom == 1 { 0.0 } else { term };
    let mut at = if odd { 3 } else { 2 };
    while at < freedom {
        term *= cosine * cosine * f64::from(at - 1) / f64::from(at);
        sum += term;
        at += 2;
    }
    if odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (confidence, freedom, expected) in [
            (0.95, 1, 12.706),
            (0.95, 2, 4.303),
            (0.99, 2, 9.925),
            (0.99, 3, 5.841),
            (0.95, 4, 2.776),
            (0.99, 9, 3.250),
            (0.90, 10, 1.812),
            (0.99, 29, 2.756),
            (0.95, 1_000, 1.962),
            (0.99, 1, 63.657),
        ] {
            let t = two_sided(confidence, freedom);
            assert!((t - expected).abs() < 6e-4 * expected, "{confidence} {freedom}: {t}");
        }
    }
}
