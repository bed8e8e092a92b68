//! Bytes as text. PEM, RFC 7468: written in 64 columns, read with text between the blocks; every buffer is wiped
//! when dropped. And hex, for what is public.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The label of a certificate.
pub const CERTIFICATE: &str = "CERTIFICATE";
/// The label of a revocation list.
pub const REVOCATION_LIST: &str = "X509 CRL";
/// The label of a PKCS#8 private key.
pub const PRIVATE_KEY: &str = "PRIVATE KEY";

/// One block of a PEM text.
pub struct Block {
    /// What stands after `BEGIN`.
    pub label: String,
    /// The bytes.
    pub der: Zeroizing<Vec<u8>>,
    /// Whether header lines stood before the bytes, as RFC 1421 encryption has them.
    pub headers: bool,
}

/// Why a text is not PEM; lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArmorError {
    /// A block without its end.
    #[error("the block \"{label}\" that begins in line {line} has no matching END line")]
    Unclosed {
        /// Its label.
        label: String,
        /// Where it begins.
        line: usize,
    },
    /// The end of a block that did not begin.
    #[error("line {line} ends a block that did not begin")]
    NotOpen {
        /// Where it stands.
        line: usize,
    },
    /// Not base64.
    #[error("the block \"{label}\" that begins in line {line} holds no base64")]
    NotBase64 {
        /// Its label.
        label: String,
        /// Where it begins.
        line: usize,
    },
}

/// Writes one block with a line feed after each line.
#[must_use]
pub fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    // 48 bytes are 64 columns, so that no padding falls inside.
    let lines = der.len().div_ceil(48);
    let frame = BEGIN.len() + END.len() + 2 * (label.len() + DASHES.len() + 1);
    let mut text = Zeroizing::new(String::with_capacity(lines * 65 + frame));
    for part in [BEGIN, label, DASHES, "\n"] {
        text.push_str(part);
    }
    for chunk in der.chunks(48) {
        STANDARD.encode_string(chunk, &mut text);
        text.push('\n');
    }
    for part in [END, label, DASHES, "\n"] {
        text.push_str(part);
    }
    text
}

/// Reads every block; what stands outside them is left aside, as RFC 7468 §2 has it.
///
/// # Errors
/// A block that is not closed, not opened or not base64.
pub fn decode(text: &str) -> Result<Vec<Block>, ArmorError> {
    let mut blocks = Vec::new();
    let mut open: Option<Open> = None;
    // Editors of Windows put a mark of the byte order before a text.
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line_number = index + 1;
        let line = line.trim();
        if let Some(label) = framed(line, BEGIN) {
            if let Some(open) = open {
                return Err(open.unclosed());
            }
            open = Some(Open::new(label, line_number, text.len()));
        } else if let Some(label) = framed(line, END) {
            let Some(block) = open.take() else { return Err(ArmorError::NotOpen { line: line_number }) };
            blocks.push(block.close(label)?);
        } else if let Some(open) = &mut open {
            open.take_line(line);
        }
    }
    open.map_or(Ok(blocks), |open| Err(open.unclosed()))
}

fn framed<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix(DASHES)
}

struct Open {
    label: String,
    line: usize,
    base64: Zeroizing<String>,
    headers: bool,
}

impl Open {
    fn new(label: &str, line: usize, capacity: usize) -> Self {
        // Enough for the whole text: growing would leave copies behind that nobody wipes.
        let base64 = Zeroizing::new(String::with_capacity(capacity));
        Self { label: label.to_owned(), line, base64, headers: false }
    }

    fn take_line(&mut self, line: &str) {
        if line.contains(':') {
            self.headers = true;
        } else {
            self.base64.push_str(line);
        }
    }

    fn unclosed(self) -> ArmorError {
        ArmorError::Unclosed { label: self.label, line: self.line }
    }

    fn close(self, label: &str) -> Result<Block, ArmorError> {
        if label != self.label {
            return Err(self.unclosed());
        }
        match STANDARD.decode(self.base64.as_bytes()) {
            Ok(der) if !der.is_empty() => {
                Ok(Block { label: self.label, der: Zeroizing::new(der), headers: self.headers })
            }
            _ => Err(ArmorError::NotBase64 { label: self.label, line: self.line }),
        }
    }
}

/// The integer without the zero byte that DER puts before a high bit.
pub(crate) fn serial_hex(bytes: &[u8]) -> String {
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => hex(rest),
        bytes => hex(bytes),
    }
}

/// Lower-case hex without separators.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back() {
        for length in 1..200_usize {
            let der: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let text = encode("PRIVATE KEY", &der);
            assert!(text.lines().all(|line| line.len() <= 64), "{}", *text);
            let blocks = decode(&text).unwrap();
            assert_eq!(blocks.len(), 1);
            assert_eq!(*blocks[0].der, der);
        }
    }

    #[test]
    fn text_between_blocks_and_crlf_are_left_aside() {
        let one = encode("CERTIFICATE", b"one");
        let two = encode("CERTIFICATE", b"two").replace('\n', "\r\n");
        let blocks = decode(&format!("subject: x\n{}\nissuer: y\n{two}", *one)).unwrap();
        let found: Vec<&[u8]> = blocks.iter().map(|block| block.der.as_slice()).collect();
        assert_eq!(found, [b"one", b"two"]);
    }

    #[test]
    fn torn_text_is_refused_at_its_line() {
        let unclosed = |text: &str| decode(text).err().map(|error| error.to_string());
        assert_eq!(
            unclosed("x\n-----BEGIN A-----\nAAAA\n").as_deref(),
            Some("the block \"A\" that begins in line 2 has no matching END line")
        );
        assert!(unclosed("-----BEGIN A-----\nAAAA\n-----END B-----\n").is_some());
        assert!(unclosed("-----BEGIN A-----\nAAAA\n-----BEGIN A-----\nAAAA\n-----END A-----\n").is_some());
        assert_eq!(unclosed("-----END A-----").as_deref(), Some("line 1 ends a block that did not begin"));
        assert!(unclosed("-----BEGIN A-----\nAA!A\n-----END A-----\n").unwrap().contains("base64"));
        assert!(unclosed("-----BEGIN A-----\n-----END A-----\n").unwrap().contains("base64"));
        assert!(decode("no blocks").unwrap().is_empty());
    }
}
