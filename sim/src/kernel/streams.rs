//! Random streams, one per purpose and replication.
//!
//! ChaCha's stream number separates them: drawing more service times never
//! changes the arrivals, and replication 7 is the same whether or not 1 to 6
//! were run.

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Gaps between arrivals, think times.
    Arrivals = 1,
    /// Class of each request.
    Classes = 2,
    /// Length of each segment.
    Services = 3,
    /// Level of a modulated arrival process.
    Modulation = 4,
    /// Which waiter of an interpreter lock wakes.
    WakeOrder = 5,
    /// Key of each request.
    Keys = 6,
    /// Jitter of each worker's life.
    Lives = 7,
    /// Crashes and hangs.
    Faults = 8,
    /// Which worker accepts a connection.
    Accepts = 9,
    /// How late each wake-up is.
    Lateness = 10,
    /// Which wake-ups find an idle core.
    Placement = 11,
    /// Which speed each core takes up.
    Pace = 12,
}

/// All streams of one workload and seed.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// Streams that differ for each `name` and `seed`.
    pub fn new(name: &str, seed: u64) -> Self {
        // FNV-1a: stable across versions and platforms, unlike std's hasher.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { seed: seed ^ hash }
    }

    /// The stream of `purpose` in `replication`.
    pub fn stream(self, purpose: Purpose, replication: u32) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((purpose as u64) << 32 | u64::from(replication));
        rng
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |name, seed, purpose, replication| -> u64 {
            Streams::new(name, seed).stream(purpose, replication).random()
        };
        let first = draw("w", 1, Purpose::Arrivals, 0);
        assert_eq!(first, draw("w", 1, Purpose::Arrivals, 0));
        for other in [
            draw("v", 1, Purpose::Arrivals, 0),
            draw("w", 2, Purpose::Arrivals, 0),
            draw("w", 1, Purpose::Services, 0),
            draw("w", 1, Purpose::Arrivals, 1),
        ] {
            assert_ne!(first, other);
        }
    }
}
