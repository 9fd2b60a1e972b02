//! Counts as numbers to reckon with.

/// A count a second; 0 where there was no time.
pub(super) fn per_second(count: u64, micros: u64) -> f64 {
    if micros == 0 { 0.0 } else { float(count) / (float(micros) / 1e6) }
}

/// A count as a number to calculate with; exact up to 2^53.
pub fn float(count: u64) -> f64 {
    let [a, b, c, d, e, f, g, h] = count.to_be_bytes();
    let (high, low) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}
