//! Where a YAML comment belongs: go-yaml ties comments to nodes, and sops makes entries of them.

use super::node::{Comment, Field, Item};

/// Comments read and not yet placed, in file order.
#[derive(Default)]
pub(super) struct Loose(Vec<One>);

struct One {
    text: String,
    column: usize,
    side: Side,
}

/// Where a comment stands on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Alone.
    Own,
    /// To the right of the entry before.
    Beside,
    /// To the right of a key or dash whose value is still to come.
    Right,
}

/// What a mapping and a list have in common here.
pub(super) trait Member {
    fn comment(comment: Comment) -> Self;
    fn is_value(&self) -> bool;
}

impl Member for Field {
    fn comment(comment: Comment) -> Self {
        Self::Comment(comment)
    }

    fn is_value(&self) -> bool {
        matches!(self, Self::Value(..))
    }
}

impl Member for Item {
    fn comment(comment: Comment) -> Self {
        Self::Comment(comment)
    }

    fn is_value(&self) -> bool {
        matches!(self, Self::Value(_))
    }
}

impl Loose {
    pub(super) fn push(&mut self, text: String, column: usize, side: Side) {
        self.0.push(One { text, column, side });
    }

    /// Those to the right of the entry before: they go in front of it.
    pub(super) fn beside<M: Member>(&mut self, members: &mut Vec<M>) {
        let count = self.0.iter().take_while(|one| one.side == Side::Beside).count();
        let at = members.iter().rposition(Member::is_value).unwrap_or(members.len());
        members.splice(at..at, self.take(count));
    }

    /// Those before a value: if it is a block, the ones that begin it stay for it; all others go in front of it. In a
    /// list a member's block begins right of the `dash`.
    pub(super) fn before<M: Member>(&mut self, members: &mut Vec<M>, is_block: bool, dash: Option<usize>) {
        let inside = |one: &One| one.side == Side::Own && dash.is_none_or(|dash| one.column > dash);
        let count = self.0.iter().position(|one| is_block && inside(one)).unwrap_or(self.0.len());
        members.extend(self.take(count));
    }

    /// Those after the last entry: from the first one left of `column` on they belong to what stands around.
    pub(super) fn after<M: Member>(&mut self, members: &mut Vec<M>, column: usize) {
        let count = self.0.iter().position(|one| one.column < column).unwrap_or(self.0.len());
        members.extend(self.take(count));
    }

    /// All of them.
    pub(super) fn all<M: Member>(&mut self, members: &mut Vec<M>) {
        members.extend(self.take(self.0.len()));
    }

    fn take<M: Member>(&mut self, count: usize) -> impl Iterator<Item = M> {
        self.0.drain(..count).map(|one| M::comment(Comment::new(one.text)))
    }
}
