//! Words of the calls that messages propose.

/// A word that a shell takes as it is.
#[must_use]
pub fn quoted(text: &str) -> String {
    if !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '@' | ':' | '+'))
    {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("a.b/c-d_e@f:1+2"), "a.b/c-d_e@f:1+2");
        assert_eq!(quoted("Anna Lee's $HOME"), r"'Anna Lee'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
