//! Findings for a program: a JSON array, version 1.
