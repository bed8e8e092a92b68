//! Who can open a file: age's X25519 recipients and identities, and the armored age file around a data key.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::str::FromStr;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::cipher::DataKey;
use super::error::SopsError;

/// Somebody a file is encrypted for: an X25519 public key such as `age1mn4e…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Recipient(x25519::Recipient);

/// Not a recipient this tool can encrypt for. Does not repeat the text: it may be a private key put there by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARecipient {
    /// An identity stands where a recipient belongs.
    #[error("this is an age private key; put the public key there, and treat this one as known to others")]
    PrivateKey,
    /// A recipient of another kind.
    #[error("{0} recipients can't be encrypted for; use an age X25519 recipient (`age1…`)")]
    Foreign(&'static str),
    /// None at all.
    #[error("not an age recipient: it begins with `age1` and has 62 characters")]
    Malformed,
}

impl Recipient {
    /// The public key of an identity.
    pub(super) fn of(identity: &x25519::Identity) -> Self {
        Self(identity.to_public())
    }
}

impl FromStr for Recipient {
    type Err = NotARecipient;

    fn from_str(text: &str) -> Result<Self, NotARecipient> {
        if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") || text.starts_with("AGE-PLUGIN-") {
            return Err(NotARecipient::PrivateKey);
        }
        match foreign_kind(text) {
            Some(kind) => Err(NotARecipient::Foreign(kind)),
            None if text.starts_with("age1") => text.parse().map(Self).map_err(|_| NotARecipient::Malformed),
            None => Err(NotARecipient::Malformed),
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The kind of a recipient that sops or a later age may know, and this tool does not.
fn foreign_kind(text: &str) -> Option<&'static str> {
    if text.starts_with("ssh-") {
        Some("SSH")
    } else if text.starts_with("age1pq1") {
        Some("post-quantum")
    } else {
        // `age1NAME1…` is a plugin's; the data part of bech32 has no `1`.
        let word = |data: &&str| data.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b));
        text.strip_prefix("age1").filter(word).filter(|data| data.contains('1')).map(|_| "age plugin")
    }
}

/// How much of an encrypted identity file is read, in bytes.
const MOST: u64 = 1 << 20;

/// Private keys to open files with, gathered from any number of sources. No `Debug`.
#[derive(Default)]
pub struct Identities {
    keys: Vec<x25519::Identity>,
    notes: Vec<IdentityNote>,
}

/// Why a source of identities was left out. Never quotes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{from}: {problem}; nothing of it is used")]
pub struct IdentityNote {
    /// The source as the caller named it, such as a path or `SOPS_AGE_KEY`.
    pub from: String,
    /// What is wrong.
    pub problem: IdentityProblem,
}

/// What is wrong with a source of identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityProblem {
    /// A line that is neither an identity, nor a comment, nor empty. Sops leaves the whole source out too.
    #[error("line {0} is not an age identity (one `AGE-SECRET-KEY-1…` a line, without spaces)")]
    Line(usize),
    /// An identity of a kind this tool can't use.
    #[error("line {0} is {1}, which this tool can't use")]
    Foreign(usize, &'static str),
    /// An encrypted identity file, without its passphrase.
    #[error("it is protected by a passphrase, and none was given")]
    Passphrase,
    /// An encrypted identity file, and a passphrase that does not open it.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
    /// No identity in it.
    #[error("it holds no identity")]
    Empty,
    /// The caller could not read it.
    #[error("it can't be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// The caller ran a command for it that failed.
    #[error("the command failed")]
    Command,
}

impl Identities {
    /// No identities yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a source holds, by sops' rules: one identity a line; empty lines and lines that begin with `#` don't
    /// count. One bad line drops the whole source, which [`Self::notes`] then tells.
    pub fn add(&mut self, from: &str, text: &str) {
        match parse_identities(text) {
            Ok(keys) => self.keys.extend(keys),
            Err(problem) => self.notes.push(IdentityNote { from: from.to_owned(), problem }),
        }
    }

    /// Adds what an identity file holds that is encrypted with a passphrase, armored or not ([`is_encrypted`]).
    pub fn add_encrypted(&mut self, from: &str, file: &[u8], passphrase: &str) {
        match decrypt(file, passphrase) {
            Some(text) => self.add(from, &text),
            None => self.leave_out(from, IdentityProblem::WrongPassphrase),
        }
    }

    /// Notes a source that the caller could not get at.
    pub fn leave_out(&mut self, from: &str, problem: IdentityProblem) {
        self.notes.push(IdentityNote { from: from.to_owned(), problem });
    }

    /// The sources left out.
    #[must_use]
    pub fn notes(&self) -> &[IdentityNote] {
        &self.notes
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The public keys of all of them.
    #[must_use]
    pub fn recipients(&self) -> Vec<Recipient> {
        self.keys.iter().map(|key| Recipient(key.to_public())).collect()
    }

    /// What an age file holds, if one of them opens it.
    pub(super) fn open(&self, file: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let decryptor = age::Decryptor::new_buffered(file).ok()?;
        let keys = self.keys.iter().map(|key| key as &dyn age::Identity);
        let reader = decryptor.decrypt(keys).ok()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(64));
        reader.take(64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// Whether a source of identities is an age file itself.
#[must_use]
pub fn is_encrypted(source: &[u8]) -> bool {
    source.starts_with(b"age-encryption.org/") || source.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----")
}

fn decrypt(file: &[u8], passphrase: &str) -> Option<Zeroizing<String>> {
    let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(file)).ok()?;
    let identity = age::scrypt::Identity::new(passphrase.to_owned().into());
    let reader = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).ok()?;
    let mut text = Zeroizing::new(String::with_capacity(file.len()));
    reader.take(MOST).read_to_string(&mut text).ok()?;
    Some(text)
}

fn parse_identities(text: &str) -> Result<Vec<x25519::Identity>, IdentityProblem> {
    if is_encrypted(text.as_bytes()) {
        return Err(IdentityProblem::Passphrase);
    }
    let mut keys = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        keys.push(parse_identity(line, index + 1)?);
    }
    if keys.is_empty() { Err(IdentityProblem::Empty) } else { Ok(keys) }
}

fn parse_identity(line: &str, number: usize) -> Result<x25519::Identity, IdentityProblem> {
    if line.starts_with("AGE-SECRET-KEY-PQ-") {
        return Err(IdentityProblem::Foreign(number, "a post-quantum identity"));
    }
    if line.starts_with("AGE-PLUGIN-") {
        return Err(IdentityProblem::Foreign(number, "a plugin's identity"));
    }
    Some(line)
        .filter(|line| line.starts_with("AGE-SECRET-KEY-1"))
        .and_then(|line| line.parse().ok())
        .ok_or(IdentityProblem::Line(number))
}

/// The data key as an armored age file for one recipient, with its final newline.
pub(super) fn wrap(key: &DataKey, recipient: &Recipient) -> Result<String, SopsError> {
    let fail = |error: &dyn fmt::Display| SopsError::Wrap(error.to_string());
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient.0 as &dyn age::Recipient))
        .map_err(|e| fail(&e))?;
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(|e| fail(&e))?;
    let mut writer = encryptor.wrap_output(armor).map_err(|e| fail(&e))?;
    writer.write_all(key.as_bytes()).map_err(|e| fail(&e))?;
    let bytes = writer.finish().and_then(|armor| armor.finish()).map_err(|e| fail(&e))?;
    let mut text = String::from_utf8(bytes).map_err(|e| fail(&e))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// The age file inside the armor. As strict as age itself: no text around it, 64 columns, standard base64.
pub(super) fn unarmor(text: &str) -> Option<Vec<u8>> {
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    (lines.next()? == "-----BEGIN AGE ENCRYPTED FILE-----").then_some(())?;
    let mut bytes = Vec::new();
    let mut last = false;
    loop {
        match lines.next()? {
            "-----END AGE ENCRYPTED FILE-----" => break,
            line if last || line.is_empty() || line.len() > 64 => return None,
            line => {
                bytes.extend(STANDARD.decode(line).ok()?);
                last = line.len() < 64 || line.ends_with('=');
            }
        }
    }
    let rest_is_empty = matches!((lines.next(), lines.next()), (None | Some(""), None));
    (rest_is_empty && !bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "age1mn4egm02cla8458xmlxuzw0etk6r05lwp20wccd493grlw7q7qkq4jmdxu";
    const KEY_A: &str = "AGE-SECRET-KEY-1WWFJ3NPAJ6STFKN06FNN4CR6G5N27CQM0M8TJEQ442DHFY0PQ5USAKWXQR";
    const KEY_B: &str = "AGE-SECRET-KEY-1MW30P47NVRH87KREG35P95A98FX0GZZDNEXVVJFN3U3FAYMFP6VQMJ30C9";

    fn notes(text: &str) -> Vec<IdentityProblem> {
        let mut identities = Identities::new();
        identities.add("test", text);
        identities.notes().iter().map(|note| note.problem).collect()
    }

    #[test]
    fn recipients_say_what_they_are() {
        assert_eq!(A.parse::<Recipient>().map(|r| r.to_string()), Ok(A.to_owned()));
        for (text, error) in [
            (KEY_A, NotARecipient::PrivateKey),
            ("ssh-ed25519 AAAA", NotARecipient::Foreign("SSH")),
            ("age1pq1qqqq", NotARecipient::Foreign("post-quantum")),
            ("age1yubikey1qqqq", NotARecipient::Foreign("age plugin")),
            ("age1qqqq", NotARecipient::Malformed),
            ("nonsense", NotARecipient::Malformed),
            (&format!(" {A}"), NotARecipient::Malformed),
            (&A.to_uppercase(), NotARecipient::Malformed),
            ("", NotARecipient::Malformed),
        ] {
            assert_eq!(text.parse::<Recipient>(), Err(error), "{text}");
        }
    }

    #[test]
    fn one_bad_line_drops_its_source_only() {
        let mut identities = Identities::new();
        identities.add("one", &format!("# note\r\n\r\n{KEY_A}\r\n"));
        identities.add("two", &format!("{KEY_B}\n {KEY_A}\n"));
        assert_eq!(identities.recipients().iter().map(ToString::to_string).collect::<Vec<_>>(), [A]);
        assert_eq!(
            identities.notes(),
            [IdentityNote { from: "two".into(), problem: IdentityProblem::Line(2) }]
        );
        assert!(!identities.notes()[0].to_string().contains("SECRET-KEY-1M"));
    }

    #[test]
    fn what_is_no_identity_is_named() {
        assert_eq!(notes(&KEY_A.to_lowercase()), [IdentityProblem::Line(1)]);
        assert_eq!(notes(&format!("{KEY_A} ")), [IdentityProblem::Line(1)]);
        assert_eq!(notes(&format!("{KEY_A}{KEY_A}")), [IdentityProblem::Line(1)]);
        assert_eq!(notes("\n  \n"), [IdentityProblem::Line(2)]);
        assert_eq!(notes("# nothing\n"), [IdentityProblem::Empty]);
        assert_eq!(notes("age-encryption.org/v1\n"), [IdentityProblem::Passphrase]);
        assert_eq!(notes("-----BEGIN AGE ENCRYPTED FILE-----\n"), [IdentityProblem::Passphrase]);
        assert_eq!(notes("AGE-SECRET-KEY-PQ-1QQ"), [IdentityProblem::Foreign(1, "a post-quantum identity")]);
    }

    #[test]
    fn a_data_key_comes_back_from_its_armor() {
        let key = DataKey::from_bytes(&[7; 32]).expect("32 bytes");
        let armored = wrap(&key, &A.parse().expect("recipient")).expect("wraps");
        assert!(armored.ends_with("-----END AGE ENCRYPTED FILE-----\n"));
        let file = unarmor(&armored).expect("armor");
        let mut identities = Identities::new();
        identities.add("b", KEY_B);
        assert!(identities.open(&file).is_none());
        identities.add("a", KEY_A);
        assert_eq!(identities.open(&file).as_deref().map(Vec::as_slice), Some([7; 32].as_slice()));
    }

    #[test]
    fn armor_must_be_exact() {
        let long = "A".repeat(64);
        let armor = |body: &str| {
            unarmor(&format!("-----BEGIN AGE ENCRYPTED FILE-----\n{body}-----END AGE ENCRYPTED FILE-----"))
        };
        assert_eq!(armor(&format!("{long}\r\nAAAA\r\n")).map(|b| b.len()), Some(51));
        assert_eq!(armor(&format!("{long}\n")).map(|b| b.len()), Some(48));
        assert!(armor(&format!("AAAA\n{long}\n")).is_none());
        assert!(armor(&format!("{long}A\n")).is_none());
        assert!(armor("\nAAAA\n").is_none());
        assert!(armor("AAA\n").is_none());
        assert!(armor("").is_none());
        assert!(unarmor("AAAA").is_none());
        assert!(
            unarmor(" -----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----").is_none()
        );
        assert!(
            unarmor("-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\nmore")
                .is_none()
        );
    }
}
