//! A heap of numbered slots, each present at most once, whose keys can be
//! changed and which can leave at any time.
//!
//! Calendar and cores both need "the least of many, some of which change": the
//! calendar by time, a core by the virtual time at which a thread's work ends.
//! A position table makes cancelling and moving O(log n) without stale entries,
//! so memory depends on the number of slots and not on how often they change.

/// Children per node. Four keep a node's children in one or two cache lines.
const ARITY: usize = 4;
/// Position of a slot that is not in the heap.
const ABSENT: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Node {
    key: u128,
    slot: u32,
}

/// Min-heap of slots by a 128-bit key. Keys must differ for a defined order;
/// callers put a sequence number in the low bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlotHeap {
    nodes: Vec<Node>,
    position: Vec<u32>,
    /// The root has been taken and not been filled yet. Most events schedule
    /// their successor, which then goes to the root in one pass instead of two.
    hole: bool,
}

impl SlotHeap {
    /// Makes room for slots below `slots`.
    pub(crate) fn reserve_slots(&mut self, slots: usize) {
        if self.position.len() < slots {
            self.position.resize(slots, ABSENT);
        }
    }

    /// The least key and its slot.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<(u128, u32)> {
        self.fill_hole();
        self.nodes.first().map(|node| (node.key, node.slot))
    }

    /// Number of slots present.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.nodes.len() - usize::from(self.hole)
    }

    #[inline]
    fn fill_hole(&mut self) {
        if self.hole {
            self.fill();
        }
    }

    /// On its own, so that looking at the least stays a few instructions.
    #[inline(never)]
    fn fill(&mut self) {
        self.hole = false;
        if let Some(last) = self.nodes.pop()
            && !self.nodes.is_empty()
        {
            self.sift_down(0, last);
        }
    }

    /// Puts `slot` in with `key`, or moves it there.
    #[inline]
    pub(crate) fn set(&mut self, slot: u32, key: u128) {
        let at = self.position[slot as usize];
        let node = Node { key, slot };
        if at == ABSENT {
            if !std::mem::take(&mut self.hole) {
                let end = self.nodes.len();
                self.nodes.push(node);
                self.sift_up(end, node);
            } else if let [root] = &mut self.nodes[..] {
                *root = node;
                self.position[slot as usize] = 0;
            } else {
                self.sift_down(0, node);
            }
        } else {
            self.fill_hole();
            let at = self.position[slot as usize] as usize;
            let old = self.nodes[at].key;
            if key < old {
                self.sift_up(at, Node { key, slot });
            } else {
                self.sift_down(at, Node { key, slot });
            }
        }
    }

    /// Takes `slot` out; returns its key if it was in.
    #[inline]
    pub(crate) fn remove(&mut self, slot: u32) -> Option<u128> {
        let at = self.position[slot as usize];
        if at == ABSENT {
            return None;
        }
        self.fill_hole();
        let at = self.position[slot as usize] as usize;
        let key = self.nodes[at].key;
        self.position[slot as usize] = ABSENT;
        let last = self.nodes.pop()?;
        if at < self.nodes.len() {
            if last.key < key {
                self.sift_up(at, last);
            } else {
                self.sift_down(at, last);
            }
        }
        Some(key)
    }

    /// Takes the least out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(u128, u32)> {
        self.fill_hole();
        let top = *self.nodes.first()?;
        self.position[top.slot as usize] = ABSENT;
        self.hole = true;
        Some((top.key, top.slot))
    }

    /// Key of `slot`, if it is in.
    #[inline]
    pub(crate) fn key_of(&self, slot: u32) -> Option<u128> {
        let at = *self.position.get(slot as usize)?;
        (at != ABSENT).then(|| self.nodes[at as usize].key)
    }

    #[inline]
    fn place(&mut self, at: usize, node: Node) {
        self.nodes[at] = node;
        self.position[node.slot as usize] = at as u32;
    }

    #[inline]
    fn sift_up(&mut self, mut at: usize, node: Node) {
        while at > 0 {
            let parent = (at - 1) / ARITY;
            let above = self.nodes[parent];
            if above.key <= node.key {
                break;
            }
            self.place(at, above);
            at = parent;
        }
        self.place(at, node);
    }

    #[inline]
    fn sift_down(&mut self, mut at: usize, node: Node) {
        while let Some(least) = self.least_child(at) {
            let below = self.nodes[least];
            if node.key <= below.key {
                break;
            }
            self.place(at, below);
            at = least;
        }
        self.place(at, node);
    }

    /// Where the child with the least key of the node at `at` is, if it has any.
    #[inline(always)]
    fn least_child(&self, at: usize) -> Option<usize> {
        let first = at * ARITY + 1;
        let (eldest, others) = self.nodes.get(first..)?.split_first()?;
        let (mut least, mut key) = (first, eldest.key);
        for (place, node) in (first + 1..).zip(others.iter().take(ARITY - 1)) {
            if node.key < key {
                (least, key) = (place, node.key);
            }
        }
        Some(least)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_a_sorted_map(
            steps in prop::collection::vec((0u32..40, 0u64..1000, 0u8..4), 1..400)
        ) {
            let mut heap = SlotHeap::default();
            heap.reserve_slots(40);
            let mut map = BTreeMap::new();
            for (i, (slot, key, what)) in steps.into_iter().enumerate() {
                let key = u128::from(key) << 64 | i as u128;
                match what {
                    0 => prop_assert_eq!(heap.remove(slot), map.remove(&slot)),
                    1 => {
                        let least = map.iter().min_by_key(|(_, k)| **k).map(|(s, k)| (*k, *s));
                        prop_assert_eq!(heap.pop(), least);
                        if let Some((_, s)) = least { map.remove(&s); }
                    }
                    _ => { heap.set(slot, key); map.insert(slot, key); }
                }
                prop_assert_eq!(heap.len(), map.len());
                prop_assert_eq!(heap.key_of(slot), map.get(&slot).copied());
                let least = map.iter().min_by_key(|(_, k)| **k).map(|(s, k)| (*k, *s));
                prop_assert_eq!(heap.peek(), least);
            }
        }
    }
}
