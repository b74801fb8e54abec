//! One part of a sweep, so that many machines can share it.

use std::ops::Range;
use std::str::FromStr;

/// Part `index` of `of`, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: u64,
    pub of: u64,
}

impl Shard {
    /// Its cells of `cells`: a contiguous stretch, at most one longer than
    /// that of any other part.
    pub fn cells(self, cells: u64) -> Range<u64> {
        let before =
            |parts: u64| (u128::from(cells) * u128::from(parts) / u128::from(self.of)) as u64;
        before(self.index - 1)..before(self.index)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').map(|(index, of)| (index.parse(), of.parse()));
        match parts {
            Some((Ok(index), Ok(of))) if (1..=of).contains(&index) => Ok(Self { index, of }),
            _ => Err("write which part of how many, from 1/4 to 4/4".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_every_cell_once_and_evenly() {
        for (cells, of) in [(0, 3), (1, 4), (10, 3), (12, 4), (7, 7), (u64::MAX, 5)] {
            let parts: Vec<_> = (1..=of).map(|index| Shard { index, of }.cells(cells)).collect();
            assert_eq!(parts[0].start, 0);
            assert_eq!(parts.last().unwrap().end, cells);
            assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
            let length = |part: &Range<u64>| part.end - part.start;
            let (least, most) =
                (parts.iter().map(length).min().unwrap(), parts.iter().map(length).max().unwrap());
            assert!(most - least <= 1, "{cells} in {of}: {least} to {most}");
        }
    }

    #[test]
    fn only_parts_that_exist_are_read() {
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, of: 4 }));
        for text in ["", "0/4", "5/4", "1", "1/0", "-1/4", "a/b", "1/4/4"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
