//! What was likely meant by a word that nobody knows.

/// Camel case, snake case and YAML's colon, brought to a spec's spelling.
pub(crate) fn folded(written: &str) -> String {
    let mut folded = String::new();
    let mut previous = ' ';
    for c in written.trim_end_matches([':', ',']).chars() {
        if c.is_uppercase() && previous.is_lowercase() {
            folded.push('-');
        }
        match c {
            '_' => folded.push('-'),
            _ => folded.extend(c.to_lowercase()),
        }
        previous = c;
    }
    folded
}

/// What was likely meant: the same word in another spelling, or one with few letters wrong.
pub(crate) fn meant<'w>(written: &str, words: &[&'w str]) -> Option<&'w str> {
    let folded = folded(written);
    if folded.chars().count() > 64 {
        return None;
    }
    let parts: Vec<&str> =
        words.iter().copied().filter(|word| word.split('-').any(|part| part == folded)).collect();
    if let [only] = parts.as_slice() {
        return Some(only);
    }
    let begun: Vec<&str> =
        words.iter().copied().filter(|word| folded.len() > 3 && word.starts_with(&folded)).collect();
    if let [only] = begun.as_slice() {
        return Some(only);
    }
    slip(&folded, words)
}

/// The word that a folded one is with few letters wrong, or of which it is one or many.
pub(crate) fn slip<'w>(folded: &str, words: &[&'w str]) -> Option<&'w str> {
    words
        .iter()
        .map(|word| (strsim::damerau_levenshtein(folded, word), *word))
        .filter(|(distance, word)| {
            *distance <= word.len().max(folded.len()).div_ceil(4).min(3)
                || (word.len() > 3 && folded == format!("{word}s"))
                || folded.strip_suffix('y').is_some_and(|stem| word.strip_suffix("ies") == Some(stem))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// `a, b and c`
pub(crate) fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}

/// How many words a message lists.
pub(crate) const LISTED: usize = 24;

/// The first of some items and how many more there are. A single one more is shown as well.
pub(crate) fn some(items: &[String], most: usize) -> Vec<String> {
    if items.len() <= most + 1 {
        return items.to_vec();
    }
    let more = format!("{} more", items.len() - most);
    items.iter().take(most).cloned().chain([more]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_is_shown_and_not_counted() {
        let items = |count: usize| (0..count).map(|i| i.to_string()).collect::<Vec<_>>();
        assert_eq!(some(&items(2), 2), ["0", "1"]);
        assert_eq!(some(&items(3), 2), ["0", "1", "2"]);
        assert_eq!(some(&items(4), 2), ["0", "1", "2 more"]);
    }

    #[test]
    fn one_and_many_are_told_apart_by_nobody() {
        let words = ["retries", "timeout", "headers", "policies"];
        for (written, word) in
            [("retry", "retries"), ("policy", "policies"), ("header", "headers"), ("timeouts", "timeout")]
        {
            assert_eq!(meant(written, &words), Some(word));
        }
        assert_eq!(meant("y", &words), None);
    }
}
