//! Git ignore rules over `out/` or `pki/`: without a project seed their keys are random, so what is not committed is lost.

use super::Facts;
use crate::diag::{Code, Diagnostic, Report};

pub(super) fn run(facts: &Facts<'_>, report: &mut Report) {
    for ignored in &facts.input.ignored {
        report.push(
            Diagnostic::error(Code::IGNORED_BY_GIT, format!("Git ignores files below `{}/`", ignored.path))
                .in_file(ignored.from.clone())
                .note(format!("by the rule `{}`", ignored.rule))
                .note("keys are random: one that is not committed is lost with this folder")
                .help(format!("remove the rule, or add `!/{0}/` and `!/{0}/**` after it", ignored.path)),
        );
    }
}
