//! The extensions of a certificate that the tool works with.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;

use crate::pki::{PkiError, San};

/// What we read of a certificate's extensions; the others are for those who verify.
pub(crate) struct Extensions {
    pub(crate) sans: Vec<San>,
    pub(crate) ski: Option<Vec<u8>>,
    pub(crate) aki: Option<Vec<u8>>,
    pub(crate) is_ca: bool,
}

impl Extensions {
    pub(crate) fn read(x509: &X509Certificate<'_>) -> Result<Self, PkiError> {
        let sans = x509.subject_alternative_name().map_err(PkiError::broken_certificate)?;
        let constraints = x509.basic_constraints().map_err(PkiError::broken_certificate)?;
        let usage = x509.key_usage().map_err(PkiError::broken_certificate)?;
        let may_sign = usage.is_none_or(|usage| usage.value.key_cert_sign());
        let mut found = Self {
            sans: sans.map_or_else(Vec::new, |extension| {
                extension.value.general_names.iter().filter_map(San::from_x509).collect()
            }),
            ski: None,
            aki: None,
            is_ca: constraints.is_some_and(|extension| extension.value.ca) && may_sign,
        };
        for extension in x509.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => found.ski = Some(id.0.to_vec()),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    found.aki = id.key_identifier.as_ref().map(|id| id.0.to_vec());
                }
                ParsedExtension::ParseError { .. } => {
                    return Err(PkiError::broken_certificate("an extension is malformed"));
                }
                _ => {}
            }
        }
        Ok(found)
    }
}
