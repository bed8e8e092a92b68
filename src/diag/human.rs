//! Findings for a person: the line, the reason, the mend.
