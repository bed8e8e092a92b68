//! Edits of a spec in place: bytes are spliced at spans, everything else stays as it is.
