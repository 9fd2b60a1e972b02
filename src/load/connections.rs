//! The times of new connections, by protocol.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::time::micros;
use crate::contract::Protocol;
use crate::outcome::load::{ConnectionRecord, PackedHistogram, fine, record};
use crate::transport::SetUp;

/// Counts the connections of a load.
#[derive(Default)]
pub(super) struct Connections(BTreeMap<&'static str, Live>);

struct Live {
    failed: u64,
    resolve: Histogram<u64>,
    connect: Histogram<u64>,
    tls: Histogram<u64>,
}

impl Connections {
    /// Adds those that the calls of a cycle made, and those that they could not make.
    pub(super) fn add(&mut self, protocol: Protocol, made: &[SetUp], failed: u64) {
        if made.is_empty() && failed == 0 {
            return;
        }
        let none = || Live { failed: 0, resolve: fine(), connect: fine(), tls: fine() };
        let live = self.0.entry(protocol.slug()).or_insert_with(none);
        live.failed += failed;
        for set_up in made {
            record(&mut live.connect, micros(set_up.connect));
            for (times, took) in [(&mut live.resolve, set_up.resolve), (&mut live.tls, set_up.tls)] {
                if let Some(took) = took {
                    record(times, micros(took));
                }
            }
        }
    }

    /// Everything.
    pub(super) fn pack(&self) -> Vec<ConnectionRecord> {
        let pack = |(protocol, live): (&&str, &Live)| ConnectionRecord {
            protocol: (*protocol).to_owned(),
            failed: live.failed,
            resolve: PackedHistogram::pack(&live.resolve),
            connect: PackedHistogram::pack(&live.connect),
            tls: PackedHistogram::pack(&live.tls),
        };
        self.0.iter().map(pack).collect()
    }
}
