//! Compares one tree with another: counterparts are found by their keys.

use super::marks::{self, Marks};
use super::node::{Change, Node};
use super::part::Part;

/// A part with its counterpart in the good credential. `room` is how many more nodes may be made.
pub(super) fn compare(sent: &Part, good: Option<&Part>, room: &mut usize) -> Node {
    *room = room.saturating_sub(1);
    let Some(good) = good else { return alone(sent, Change::Added, room) };
    let same = sent.raw == good.raw;
    let mut node = Node {
        label: sent.label.clone(),
        value: sent.value.clone(),
        good: (sent.value != good.value).then(|| good.value.clone()),
        change: if same { Change::Same } else { Change::Changed },
        note: sent.note(),
        bytes: None,
        parts: Vec::new(),
    };
    // A part that can't be read has no parts of its own to compare; its bytes are compared.
    let comparable = sent.broken.is_some() == good.broken.is_some() || !sent.parts.is_empty();
    if comparable {
        node.parts = parts(sent, good, room);
    }
    if same {
        node.bytes = sent.content.as_deref().filter(|_| node.parts.is_empty()).map(marks::plain);
    } else if sent.broken.is_none() && node.parts.iter().any(|part| part.change != Change::Same) {
        node.change = Change::Inside;
        node.good = None;
    } else {
        node.bytes = Some(differing(sent, good, &mut node.note));
    }
    node
}

/// Compares contents if both have one, otherwise encodings.
fn differing(sent: &Part, good: &Part, note: &mut String) -> Marks {
    let contents = sent.content.as_ref().zip(good.content.as_ref()).filter(|(sent, good)| sent != good);
    let readable = sent.broken.is_none() && good.broken.is_none();
    if readable && sent.value == good.value && (contents.is_none() || !sent.parts.is_empty()) {
        note.push_str("the value is the same, but it is encoded differently");
    }
    let (sent, good) = contents.unwrap_or((&sent.raw, &good.raw));
    marks::beside(sent, good)
}

fn parts(sent: &Part, good: &Part, room: &mut usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (index, part) in sent.parts.iter().enumerate() {
        if *room == 0 {
            nodes.push(left_out(sent.parts.len() - index));
            return nodes;
        }
        nodes.push(compare(part, like(&sent.parts, index, &good.parts), room));
    }
    if sent.broken.is_some() {
        return nodes;
    }
    for (index, part) in
        good.parts.iter().enumerate().filter(|(index, _)| like(&good.parts, *index, &sent.parts).is_none())
    {
        if *room == 0 {
            nodes.push(left_out(good.parts.len() - index));
            break;
        }
        // At its place in the good one.
        let missing = alone(part, Change::Missing, room);
        nodes.insert(index.min(nodes.len()), missing);
    }
    nodes
}

/// The part of `others` with the key of the part at `index`; if a key occurs twice, the same occurrence.
fn like<'a>(parts: &[Part], index: usize, others: &'a [Part]) -> Option<&'a Part> {
    let key = &parts.get(index)?.key;
    let time = parts.iter().take(index).filter(|part| part.key == *key).count();
    others.iter().filter(|part| part.key == *key).nth(time)
}

/// A part that the other side does not have.
fn alone(part: &Part, change: Change, room: &mut usize) -> Node {
    *room = room.saturating_sub(1);
    let mut parts = Vec::new();
    for (index, inner) in part.parts.iter().enumerate() {
        if *room == 0 {
            parts.push(left_out(part.parts.len() - index));
            break;
        }
        parts.push(alone(inner, change, room));
    }
    let bytes = part.content.as_ref().filter(|_| parts.is_empty());
    Node {
        label: part.label.clone(),
        value: part.value.clone(),
        good: None,
        change,
        note: part.note(),
        bytes: bytes.map(|bytes| marks::whole(bytes, change == Change::Missing)),
        parts,
    }
}

fn left_out(number: usize) -> Node {
    Node {
        label: "…".to_owned(),
        value: format!("{number} more, not shown"),
        good: None,
        change: Change::Same,
        note: String::new(),
        bytes: None,
        parts: Vec::new(),
    }
}
