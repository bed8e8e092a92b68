use super::*;
use crate::spec::source::Sources;

/// Every complaint as `column text`, for a text of one file.
fn mistakes(text: &str) -> Vec<String> {
    let sources = Sources::new([("specs/a.kdl".to_owned(), text.to_owned())]);
    let (id, _) = sources.iter().next().unwrap();
    scan(id, text)
        .report
        .findings()
        .iter()
        .map(|finding| {
            let span = finding.labels[0].span;
            let (line, column) = sources.get(id).line_column(span.start);
            format!("{line}:{column} {}: {}", sources.slice(span), finding.message)
        })
        .collect()
}
