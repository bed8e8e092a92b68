//! Serial numbers of certificates, as people write them.

/// A serial number in the form of [`Certificate::serial`](crate::pki::Certificate::serial): 1 to 20 octets (RFC 5280
/// §4.1.2.2) as lower-case hex, without a zero octet in front. People write it in any case, with colons, and with `0x`.
#[must_use]
pub fn serial_of(written: &str) -> Option<String> {
    let plain = written.strip_prefix("0x").unwrap_or(written).replace(':', "").to_ascii_lowercase();
    let even = if plain.len() % 2 == 1 { format!("0{plain}") } else { plain };
    let mut found = even.as_str();
    while let Some(rest) = found.strip_prefix("00").filter(|rest| !rest.is_empty()) {
        found = rest;
    }
    let is_hex = found.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && (2..=40).contains(&found.len())).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_read_as_people_write_them() {
        for written in ["0A:0b", "0x0a0B", "a0b", "0a0b"] {
            assert_eq!(serial_of(written).as_deref(), Some("0a0b"), "{written}");
        }
        assert_eq!(serial_of("00ff").as_deref(), Some("ff"));
        assert_eq!(serial_of("0").as_deref(), Some("00"));
        for bad in ["", "0x", "12 34", "ü", &"ab".repeat(21)] {
            assert_eq!(serial_of(bad), None, "{bad}");
        }
    }
}
