//! Braces, and what `/-` drops.

use super::{Block, DEPTH, Last, Scanner};

impl Scanner<'_> {
    pub(super) fn open_block(&mut self) -> Option<()> {
        let open = self.at;
        self.annotation_without_node();
        match self.last {
            Last::Nothing => self.nameless_block(open),
            Last::Equals(at) => self.no_value(at),
            Last::Block if self.dash.is_none() => self.after_block(open..open + 1),
            _ => {}
        }
        if self.open.len() == DEPTH {
            self.too_deep(open..open + 1, "nested `{`");
            return None;
        }
        let (line, first) = self.line;
        self.open.push((self.scan.blocks.len(), first.unwrap_or(open).saturating_sub(line)));
        self.scan.blocks.push(Block { open, close: open, dropped: self.dash.take() });
        self.at += 1;
        self.last = Last::Nothing;
        self.dropping = false;
        Some(())
    }

    pub(super) fn close_block(&mut self) {
        let close = self.at;
        self.dash_without_target();
        self.annotation_without_node();
        if let Last::Equals(at) = self.last {
            self.no_value(at);
        }
        self.end_dropped();
        self.at += 1;
        self.token_end = self.at;
        let Some((index, indentation)) = self.open.pop() else {
            self.stray_brace(close);
            self.last = Last::Nothing;
            return;
        };
        let Some(block) = self.scan.blocks.get_mut(index) else { return };
        block.close = close;
        let Block { open, dropped, .. } = *block;
        self.last = match dropped {
            Some(dash) => {
                self.scan.ignored.push(dash..self.at);
                Last::Value
            }
            None => Last::Block,
        };
        let (line, first) = self.line;
        if self.suspect.is_none() && first == Some(close) && close - line < indentation {
            self.suspect = Some(open);
        }
    }

    pub(super) fn slashdash(&mut self) {
        let here = self.at..self.at + 2;
        self.annotation_without_node();
        if self.dash.is_some() || matches!(self.last, Last::Equals(_)) {
            self.misplaced_slashdash(here.clone());
        }
        self.dash = Some(here.start);
        self.at = here.end;
    }

    /// If `/-` drops the node that ends here, all of it is ignored.
    pub(super) fn end_dropped(&mut self) {
        self.dropping = false;
        if let Some((_, start)) = self.dropped.pop_if(|(depth, _)| *depth == self.open.len()) {
            self.scan.ignored.push(start..self.token_end);
        }
    }

    pub(super) fn dash_without_target(&mut self) {
        if let Some(dash) = self.dash.take() {
            self.misplaced_slashdash(dash..dash + 2);
        }
    }

    pub(super) fn annotation_without_node(&mut self) {
        if let Some(range) = self.annotation.take() {
            self.misplaced_annotation(range);
        }
    }
}
