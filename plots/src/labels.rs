//! Labels that do not cover one another.

/// Moves `wanted` positions apart so that any two are at least `gap` apart and
/// all lie within `low` and `high` if there is room; order is kept, and none
/// moves further than it must with its neighbours.
pub(crate) fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    // Groups of labels that touch, each centred on the mean of its wishes.
    let mut groups: Vec<Group> = Vec::new();
    for &index in &order {
        groups.push(Group { sum: wanted[index], count: 1.0 });
        while let [.., before, last] = &groups[..] {
            if before.bottom(gap, low, high) + gap <= last.top(gap, low, high) {
                break;
            }
            let merged = Group { sum: before.sum + last.sum, count: before.count + last.count };
            groups.truncate(groups.len() - 2);
            groups.push(merged);
        }
    }
    let mut places = vec![0.0; wanted.len()];
    let mut order = order.into_iter();
    for group in groups {
        let top = group.top(gap, low, high);
        for (step, index) in order.by_ref().take(group.count as usize).enumerate() {
            places[index] = top + step as f64 * gap;
        }
    }
    places
}

struct Group {
    sum: f64,
    count: f64,
}

impl Group {
    fn length(&self, gap: f64) -> f64 {
        (self.count - 1.0) * gap
    }

    fn top(&self, gap: f64, low: f64, high: f64) -> f64 {
        let length = self.length(gap);
        (self.sum / self.count - length / 2.0).min(high - length).max(low)
    }

    fn bottom(&self, gap: f64, low: f64, high: f64) -> f64 {
        self.top(gap, low, high) + self.length(gap)
    }
}

/// Width of `text` in a proportional sans-serif font of `size` pixels, rather
/// too much than too little.
pub(crate) fn width(text: &str, size: i32) -> i32 {
    let units: f64 = text
        .chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | 'I' | '|' | '.' | ',' | ':' | ';' | '\'' | '!' => 0.34,
            'f' | 't' | 'r' | '(' | ')' | '[' | ']' | ' ' | '-' | '/' => 0.44,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.98,
            'A'..='Z' => 0.74,
            _ => 0.64,
        })
        .sum();
    (units * f64::from(size)).ceil() as i32
}

/// A rectangle: left, top, right, bottom.
pub(crate) type Area = (i32, i32, i32, i32);

pub(crate) fn overlap(a: Area, b: Area) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_room_stay_where_they_are() {
        assert_eq!(spread(&[50.0, 10.0, 90.0], 15.0, 0.0, 100.0), [50.0, 10.0, 90.0]);
    }

    #[test]
    fn crowded_labels_part_evenly_in_their_order() {
        assert_eq!(spread(&[51.0, 49.0], 20.0, 0.0, 100.0), [60.0, 40.0]);
        assert_eq!(spread(&[1.0, 2.0], 20.0, 0.0, 100.0), [0.0, 20.0]);
        assert_eq!(spread(&[99.0, 100.0, 98.0], 10.0, 0.0, 100.0), [90.0, 100.0, 80.0]);
        // One group pushes another.
        let places = spread(&[10.0, 10.0, 25.0], 10.0, 0.0, 100.0);
        assert_eq!(places, [5.0, 15.0, 25.0]);
    }

    #[test]
    fn any_labels_keep_their_distance() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f64 / f64::from(1 << 24) * 300.0
        };
        for count in 1..12 {
            let wanted: Vec<f64> = (0..count).map(|_| random()).collect();
            let mut places = spread(&wanted, 20.0, 0.0, 300.0);
            assert!(places.iter().all(|place| (-1e-9..=300.000_001).contains(place)), "{places:?}");
            places.sort_by(f64::total_cmp);
            assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 20.0 - 1e-9), "{places:?}");
        }
    }

    #[test]
    fn areas_overlap_only_with_room_in_common() {
        assert!(overlap((0, 0, 10, 10), (9, 9, 20, 20)));
        assert!(!overlap((0, 0, 10, 10), (10, 0, 20, 10)));
    }
}
