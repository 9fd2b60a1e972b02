//! Distributions of durations, and the format in which they are kept.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

/// The longest duration that a histogram distinguishes from longer ones, in microseconds: 60 s.
pub const LONGEST_MICROS: u64 = 60_000_000;

/// A histogram as HdrHistogram's V2 deflate form in standard base64: what interval logs hold, and other tools read.
/// Empty text is an empty histogram.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackedHistogram(String);

/// A text that is not a histogram.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a histogram can't be read: {0}")]
pub struct BadHistogram(String);

impl PackedHistogram {
    /// Packs a histogram.
    pub fn pack(histogram: &Histogram<u64>) -> PackedHistogram {
        if histogram.is_empty() {
            return PackedHistogram::default();
        }
        let mut bytes = Vec::new();
        match V2DeflateSerializer::new().serialize(histogram, &mut bytes) {
            Ok(_) => PackedHistogram(STANDARD.encode(bytes)),
            // It fails where counts don't fit 63 bits, or a vector can't be written to.
            Err(_) => PackedHistogram::default(),
        }
    }

    /// The histogram. An empty one is [`fine`].
    ///
    /// # Errors
    /// [`BadHistogram`] for a text that was not packed here or by another HdrHistogram.
    pub fn unpack(&self) -> Result<Histogram<u64>, BadHistogram> {
        if self.0.is_empty() {
            return Ok(fine());
        }
        let bytes = STANDARD.decode(&self.0).map_err(|why| BadHistogram(why.to_string()))?;
        Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(|why| BadHistogram(why.to_string()))
    }

    /// This and others in one: the counts of each value are added.
    ///
    /// # Errors
    /// [`BadHistogram`]
    pub fn sum<'a>(
        packed: impl IntoIterator<Item = &'a PackedHistogram>,
        mut sum: Histogram<u64>,
    ) -> Result<Histogram<u64>, BadHistogram> {
        for packed in packed.into_iter().filter(|packed| !packed.0.is_empty()) {
            sum.add(packed.unpack()?).map_err(|why| BadHistogram(why.to_string()))?;
        }
        Ok(sum)
    }

    /// The text, as interval logs hold it; empty for an empty histogram.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for PackedHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |histogram: Histogram<u64>| format!("{} values up to {} us", histogram.len(), histogram.max());
        f.write_str(&self.unpack().map_or_else(|why| why.to_string(), text))
    }
}

/// An empty histogram with 3 digits that grows with its values.
pub fn fine() -> Histogram<u64> {
    with_digits(3)
}

/// An empty histogram with 2 digits that grows with its values.
pub fn coarse() -> Histogram<u64> {
    with_digits(2)
}

fn with_digits(digits: u8) -> Histogram<u64> {
    Histogram::new(digits).expect("0 to 5 digits are valid, and it grows with its values")
}

/// Records a duration in microseconds; those above [`LONGEST_MICROS`] count as that, those below 1 as 1.
///
/// # Panics
/// For a histogram that does not grow, which neither [`fine`] nor [`coarse`] makes.
pub fn record(histogram: &mut Histogram<u64>, micros: u64) {
    histogram.record(micros.clamp(1, LONGEST_MICROS)).expect("a histogram that grows has room for a minute");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_and_adds_up() {
        let (mut a, mut b, mut both) = (fine(), coarse(), fine());
        for micros in [0, 1, 77, 1_500, 59_999_000, u64::MAX] {
            record(&mut a, micros);
            record(&mut both, micros);
        }
        for micros in 1..500 {
            record(&mut b, micros * 1_000);
        }
        let packed = PackedHistogram::pack(&a);
        assert_eq!(packed.unpack(), Ok(a.clone()));
        assert_eq!((a.len(), a.min(), a.max()), (6, 1, fine_top()));
        let twice = PackedHistogram::sum([&packed, &packed, &PackedHistogram::default()], fine()).expect("packed");
        both.add(&a).expect("room");
        assert_eq!(twice, both);
        assert_eq!(PackedHistogram::pack(&b).unpack().map(|back| back.len()), Ok(499));
        let json = serde_json::to_string(&packed).expect("text");
        assert_eq!(serde_json::from_str::<PackedHistogram>(&json).expect("text"), packed);
    }

    fn fine_top() -> u64 {
        let mut histogram = fine();
        record(&mut histogram, LONGEST_MICROS);
        histogram.max()
    }

    #[test]
    fn nothing_is_small_and_nonsense_is_refused() {
        assert!(PackedHistogram::pack(&fine()).is_empty() && PackedHistogram::default().unpack() == Ok(fine()));
        for text in ["!", "AAAA", "HISTFAAA", "HISTFAAAABB4nJNpmSzMwMDAyQABzFAaRDNDaPv/UAYA"] {
            assert!(PackedHistogram(text.to_owned()).unpack().is_err(), "{text}");
        }
    }
}
