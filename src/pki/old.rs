//! Encryption of private keys that is read nowhere here: what it is, and what to do about it. That a passphrase is wrong can't
//! be told of such a file.

/// An encryption of former days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Old {
    /// What it is called.
    pub is: &'static str,
    /// The call that writes the key as it is done today.
    pub mend: &'static str,
}

/// A call that reads a private key of any form, and asks for the passphrase of the new file.
const PKEY: &str = "openssl pkey -aes256 -in FILE -out NEW";
/// The same for ciphers that OpenSSL keeps apart.
const PKEY_LEGACY: &str = "openssl pkey -provider legacy -provider default -aes256 -in FILE -out NEW";
/// A call that takes keys and certificates out of PKCS#12.
const PKCS12: &str = "openssl pkcs12 -legacy -aes256 -in FILE -out NEW";

/// A key of the form before PKCS#8, `Proc-Type: 4,ENCRYPTED`.
pub(super) const TRADITIONAL: Old =
    Old { is: "in the form that OpenSSL had before PKCS#8 (`Proc-Type: 4,ENCRYPTED`)", mend: PKEY };

/// Names of encryptions as DER writes them (RFC 8018, RFC 7292, RFC 3370), what each is called, and whether OpenSSL keeps
/// it apart.
const NAMES: [(&[u8], &str, bool); 15] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x01", "by PBES1 with MD2 and DES", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03", "by PBES1 with MD5 and DES", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x04", "by PBES1 with MD2 and RC2", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x06", "by PBES1 with MD5 and RC2", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0a", "by PBES1 with SHA-1 and DES", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0b", "by PBES1 with SHA-1 and RC2", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x01", "by PBES1 with SHA-1 and RC4", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x02", "by PBES1 with SHA-1 and RC4 of 40 bits", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03", "by PBES1 with SHA-1 and triple DES", false),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x04", "by PBES1 with SHA-1 and triple DES of two keys", false),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x05", "by PBES1 with SHA-1 and RC2 of 128 bits", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06", "by PBES1 with SHA-1 and RC2 of 40 bits", true),
    (b"\x2b\x0e\x03\x02\x07", "by PBES2 with DES", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x02", "by PBES2 with RC2", true),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x06", "by PBES2 with MD5", false),
];

/// How far into an encrypted PKCS#8 structure the names of its ciphers may stand.
const HEADER: usize = 160;

/// The encryption of a PKCS#8 structure, if it is one of former days.
pub(super) fn of_pkcs8(der: &[u8]) -> Option<Old> {
    let header = der.get(..HEADER).unwrap_or(der);
    let (_, is, apart) = NAMES.into_iter().find(|(name, ..)| holds(header, name))?;
    Some(Old { is, mend: if apart { PKEY_LEGACY } else { PKEY } })
}

/// The encryption of a PKCS#12 file that could not be opened, if that is why. Triple DES and RC2 of 40 bits are read.
pub(super) fn of_pkcs12(der: &[u8]) -> Option<Old> {
    let is_read = |name: &[u8]| matches!(name, [.., 0x0c, 0x01, 0x03 | 0x06]);
    let (_, is, _) = NAMES.into_iter().find(|(name, ..)| !is_read(name) && holds(der, name))?;
    Some(Old { is, mend: PKCS12 })
}

/// Whether an object identifier stands there, with its tag and length.
fn holds(der: &[u8], name: &[u8]) -> bool {
    let is_it = |part: &[u8]| match part {
        [0x06, length, rest @ ..] => usize::from(*length) == name.len() && rest == name,
        _ => false,
    };
    der.windows(name.len() + 2).any(is_it)
}
