//! A tree for a terminal: `-` is the good one, `+` is what was sent, and brackets mark the bytes that differ.

use super::marks::{Marks, Run};
use super::node::{Change, Node, Tree};
use crate::report::text::printable;

/// Every line of the tree; hostile characters are made visible.
pub fn text(tree: &Tree) -> String {
    let mut lines = Vec::new();
    node_lines(&tree.root, 0, &mut lines);
    lines.iter().map(|line| printable(line) + "\n").collect()
}

fn node_lines(node: &Node, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let line = |sign: &str, words: &str| format!("{sign} {indent}{}{words}", node.label);
    let valued = |value: &str| if value.is_empty() { String::new() } else { format!(": {value}") };
    match (node.change, &node.good) {
        (Change::Changed, Some(good)) => {
            lines.push(line("-", &valued(good)));
            lines.push(line("+", &valued(&node.value)));
        }
        (Change::Same | Change::Inside, _) => lines.push(line(" ", &valued(&node.value))),
        (Change::Changed | Change::Added, _) => lines.push(line("+", &valued(&node.value))),
        (Change::Missing, _) => lines.push(line("-", &valued(&node.value))),
    }
    if !node.note.is_empty() {
        lines.push(format!("  {indent}  ({})", node.note));
    }
    if let Some(marks) = &node.bytes {
        byte_lines(marks, &indent, lines);
    }
    node.parts.iter().for_each(|part| node_lines(part, depth + 1, lines));
}

fn byte_lines(marks: &Marks, indent: &str, lines: &mut Vec<String>) {
    if !marks.words.is_empty() {
        lines.push(format!("  {indent}  ({})", marks.words));
    }
    let differs = !marks.words.is_empty() || marks.sent.iter().any(|run| run.marked);
    for (sign, runs) in [("-", &marks.good), (if differs { "+" } else { " " }, &marks.sent)] {
        if !runs.is_empty() {
            let shown: String = runs.iter().map(run_text).collect();
            lines.push(format!("{sign} {indent}  {shown}"));
        }
    }
}

fn run_text(run: &Run) -> String {
    let gap = if run.cut == 0 { String::new() } else { format!(" … {} more … ", run.cut) };
    let hex = format!("{}{gap}{}", run.head, run.tail);
    if run.marked { format!("[{hex}]") } else { hex }
}
