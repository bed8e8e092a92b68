//! The stable names of findings. A name never changes its meaning; `docs/errors.md` lists them all.

use std::fmt;

/// A finding's stable name, in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code {
    name: &'static str,
    summary: &'static str,
    settles: bool,
}

impl Code {
    /// What time did to a certificate, whatever the spec says.
    pub const ENDED: [Self; 2] = [Self::EXPIRED_AUTHORITY, Self::EXPIRED_CERTIFICATE];

    /// The name, as `duplicate-host`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What it is about, in one line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.summary
    }

    /// Whether a `settle` can name it: a warning or notice has this code, maybe beside an error.
    #[must_use]
    pub fn settles(self) -> bool {
        self.settles
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! codes {
    (@) => { false };
    (@ settles) => { true };
    ($($constant:ident = $name:literal, $summary:literal $(, $settles:ident)?;)*) => {
        impl Code {
            $(#[doc = $summary] pub const $constant: Self =
                Self { name: $name, summary: $summary, settles: codes!(@ $($settles)?) };)*
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];
        }
    };
}

codes! {
    SYNTAX = "syntax", "The text is not KDL.";
    MERGE_CONFLICT = "merge-conflict", "A file of the spec in which a conflict of a merge is not resolved.";
    TOO_DEEP = "too-deep", "Nesting deeper than 100 levels.";
    UNKNOWN_WORD = "unknown-word", "A node, property or value that has no meaning where it stands.";
    SAID_TWICE = "said-twice", "A property or node that may stand once is there twice.";
    MISSING_WORD = "missing-word", "Something that must be said is not.";
    WRONG_VALUE = "wrong-value", "A value of the wrong type or form.";
    UNKNOWN_REFERENCE = "unknown-reference", "A name that nothing declares.";
    DUPLICATE_NAME = "duplicate-name", "Two nodes of one kind and name.";
    DUPLICATE_HOST = "duplicate-host", "A host that is defined twice, whatever its spelling.";
    DUPLICATE_PATH = "duplicate-path", "A path of a host that is there twice.";
    INVALID_NAME = "invalid-name", "A name that Kubernetes or the tool can not use.";
    INVALID_HOST_NAME = "invalid-host-name", "A host name that no DNS server would answer.";
    INVALID_SECRET_NAME = "invalid-secret-name", "A name that no Secret of a server may have.";
    INVALID_PATH = "invalid-path", "A path that no request can have.";
    INVALID_DESTINATION = "invalid-destination", "A destination that names no service, or no port of it.", settles;
    MISSING_SOURCE = "missing-source", "A certificate that nobody makes.";
    MISSING_GATEWAY = "missing-gateway", "A host that no gateway serves.";
    SHARED_SECRET = "shared-secret", "One Secret for two certificates.";
    COMMON_NAME_TOO_LONG = "common-name-too-long", "A common name over 64 characters.";
    VALID_TOO_LONG = "valid-too-long", "A certificate that is to outlive its authority.";
    NAME_CONSTRAINTS = "name-constraints", "A certificate for a name that its authority may not issue for.";
    WRONG_PURPOSE = "wrong-purpose", "A certificate for a purpose that its authority may not issue for.";
    WRONG_GENERATION = "wrong-generation", "Generations of an authority that can not be.";
    RETIRED_TOO_EARLY = "retired-too-early", "A generation of an authority that is retired while something relies on it.";
    STANDING_ROTATION = "standing-rotation", "A rotation of an authority that stands still.", settles;
    OPEN_MUTUAL = "open-mutual", "A host for known clients that port 80 would serve to everybody.";
    ROUTE_ORDER = "route-order", "An order of routes that only files would decide.";
    OVERLAPPING_PATHS = "overlapping-paths", "Paths of one host from two namespaces that overlap.";
    OLDEST_WINS = "oldest-wins", "Two objects of which their age decides which one holds.", settles;
    UNREACHABLE_ROUTE = "unreachable-route", "A route that the one before it hides.", settles;
    UNKNOWN_SUBSET = "unknown-subset", "A subset that no service here declares.", settles;
    UNKNOWN_GATEWAY = "unknown-gateway", "A Gateway that nothing here makes.", settles;
    UNKNOWN_SECRET = "unknown-secret", "A Secret that nothing here makes.", settles;
    REDIRECTED_HOST = "redirected-host", "A host that one server of a port answers over plain HTTP and another redirects.", settles;
    UNLISTED_HOST = "unlisted-host", "A host of a VirtualService that no server of its gateway is for.", settles;
    UNUSED_RULES = "unused-rules", "Rules of a VirtualService that no server of its gateway uses, since they are for another protocol or port.", settles;
    UNUSED_VIRTUAL_SERVICE = "unused-virtual-service", "A VirtualService without hosts to which no rule here hands over.", settles;
    HIDDEN_FROM_GATEWAY = "hidden-from-gateway", "A VirtualService, DestinationRule or ServiceEntry that the pods of a gateway do not see.", settles;
    UNKNOWN_VIRTUAL_SERVICE = "unknown-virtual-service", "A VirtualService to which rules hand over and that nothing here makes.", settles;
    SERVICE_PORT = "service-port", "A port of a policy that is a Service's, where the pods listen on another.", settles;
    MISSING_REFERENCE_GRANT = "missing-reference-grant", "A reference into another namespace that nothing here lets in.", settles;
    MISSING_SERVICE_ENTRY = "missing-service-entry", "A destination outside the cluster, which a mesh knows by a ServiceEntry only.", settles;
    BROKEN_FILE = "broken-file", "A file that Gatewright wrote and that was changed, cut off or damaged since.";
    SYMLINK = "symlink", "A symbolic link where Gatewright writes.";
    FOREIGN_FILE = "foreign-file", "A file that Gatewright did not write where it must write one.";
    FOREIGN_CERTIFICATE = "foreign-certificate", "A certificate that no authority of the project issued.";
    LOST_AUTHORITY = "lost-authority", "An authority whose files are gone while something relies on it.";
    SEED = "seed", "A seed of the project that is missing, or from which the certificates that are there do not follow.";
    EXPIRED_AUTHORITY = "expired-authority", "An authority that has ended.";
    DUE_AUTHORITY = "due-authority", "An authority of which a third of its life is left.", settles;
    LOST_KEY = "lost-key", "A key that is to stay and whose file is gone.", settles;
    CHANGED_AUTHORITY = "changed-authority", "An authority whose certificate is not what the spec says any more.", settles;
    CLOCK = "clock", "A clock that stands before a certificate starts.", settles;
    DUE_CERTIFICATE = "due-certificate", "A certificate of which a third of its life is left.", settles;
    EXPIRED_CERTIFICATE = "expired-certificate", "A certificate that has ended and can't be renewed now.";
    WAITING = "waiting", "A certificate that is to be issued and waits for an identity.";
    UNREVOKED = "unrevoked", "A certificate that is on a revocation list and that the spec does not name any more.";
    REVOKED = "revoked", "A client that is revoked and handed its key pair all the same.";
    REMOVED_CLIENT = "removed-client", "A client that is not in the spec any more, or not at this authority, and that hosts still let in.", settles;
    LOST_RECORD = "lost-record", "A file with a client's certificates that is gone, beside its key.", settles;
    PINNED_CLIENT = "pinned-client", "A client that a host knows by a key or certificate which does not stay.", settles;
    UNKNOWN_SERIAL = "unknown-serial", "A serial number to revoke that no certificate here has.", settles;
    REVOKES_NOTHING = "revokes-nothing", "A `revoked` of which no certificate is known.", settles;
    REVOCATION_LIST = "revocation-list", "A revocation list that has ended or soon does, and can't be signed anew now.", settles;
    OTHER_CLIENTS = "other-clients", "A host that would let in clients of an authority above, since revocation lists need its root.";
    RENAMED_AUTHORITY = "renamed-authority", "An authority to be made in the place of one that the spec does not name any more.";
    OTHER_ROOT = "other-root", "A host or an authority that goes from one root to another at once.", settles;
    BROUGHT_KEY = "brought-key", "A key pair that was brought and that nothing in the spec is for any more.", settles;
    CLAMPED = "clamped", "A certificate that ends with its authority, before its own time.", settles;
    NO_RECIPIENTS = "no-recipients", "A file to seal for which nobody says who may open it.";
    INVALID_RECIPIENT = "invalid-recipient", "A recipient that files can't be sealed for.";
    CREATION_RULES = "creation-rules", "A `.sops.yaml` that can't be used.";
    FILTER = "filter", "An encryption filter that seals nothing or too much.", settles;
    ONE_AUDIENCE = "one-audience", "Everybody who opens the cluster's Secrets can also open the authorities' keys.", settles;
    IGNORED_BY_GIT = "ignored-by-git", "Files that must be committed and that Git is told to ignore.";
    OUT_OF_DATE = "out-of-date", "A tree that is not what the spec says.";
    ALMOST_SPEC = "almost-spec", "A file that is not read, and whose name is nearly that of a spec.", settles;
    UNREADABLE = "unreadable", "A file or folder that can't be read.";
    UNWRITABLE = "unwritable", "A file or folder that can't be written.";
    BUSY = "busy", "A project that another run is writing.";
    EMPTY_TREE = "empty-tree", "A spec that would remove everything from the tree.";
    SHARED_CERTIFICATE = "shared-certificate", "A server whose certificate is good for another server's host.", settles;
    NO_CLIENT = "no-client", "A host for certain clients of whom none is left.", settles;
    NO_REDIRECT = "no-redirect", "A plain HTTP port that stays shut, since Istio's redirect would not lead to the HTTPS port.", settles;
    EXTERNAL_CLIENTS = "external-clients", "A host of which an external Secret alone decides whose clients are let in.", settles;
    ACME_CHALLENGE = "acme-challenge", "A certificate for which an ACME issuer asks on a port 80 that does not answer.", settles;
    AWAITED_SECRET = "awaited-secret", "A host that goes over to a Secret which cert-manager has yet to make.", settles;
    CONTESTED_SECRET = "contested-secret", "A Secret that both this project and something else would make.", settles;
    HOST_WITHOUT_ROUTE = "host-without-route", "A host that answers every request with 404.", settles;
    PLAINTEXT_KEY = "plaintext-key", "A private key in the clear.";
    IDENTITY = "identity", "An identity file that can not be used.";
    OTHER_RECIPIENTS = "other-recipients", "Sealed files that are for other recipients than new ones would be.", settles;
    OTHER_FILTER = "other-filter", "Sealed files of which another filter chose the values than the creation rule says.", settles;
    FROZEN = "frozen", "A sealed file whose name or other metadata can not change without its key.", settles;
    FLUX_VARIABLE = "flux-variable", "A text that Flux would take for a variable.", settles;
    WRONG_PLACE = "wrong-place", "A word that stands where it has no meaning.";
    CONFLICT = "conflict", "Two words that exclude each other.";
    UNKNOWN_TEMPLATE = "unknown-template", "A file below templates/ that nothing would ever read.";
    TEMPLATE_ERROR = "template-error", "A template that can't be compiled or filled in.";
    TEMPLATE_OUTPUT = "template-output", "A template whose output is not the YAML of Kubernetes objects that every reader takes alike.";
    TEMPLATE_IDENTITY = "template-identity", "A template that changes which object it describes.";
    TEMPLATE_SECRET = "template-secret", "A Secret that goes through a template, or comes from one.";
    CRD_FILE = "crd-file", "A file with CRDs that can't be used.";
    KNOWN_KIND = "known-kind", "A kind of a CRD file that is known already.", settles;
    FIELD_AS_LABEL = "field-as-label", "A label that is called as a field or a part of a selector is.", settles;
    UNKNOWN_KIND = "unknown-kind", "An object of a kind or version that its group does not have.";
    UNKNOWN_FIELD = "unknown-field", "A field that its kind does not have.";
    RAW_FIELD = "raw-field", "A field said with `(raw)`: one that no schema knows, or that a schema knows by now.", settles;
    FIELD_VALUE = "field-value", "A field whose value the API server, istiod or Envoy would refuse.";
    INVALID_PIN = "invalid-pin", "A pin of clients' certificates in a form that Envoy refuses.";
    UNKNOWN_VARIABLE = "unknown-variable", "A variable of Envoy's that it does not know, or that is not written as it must be.", settles;
    MISSING_FIELD = "missing-field", "An object without a field that must be there.";
    CONFLICTING_FIELDS = "conflicting-fields", "Two fields of which at most one may be there.";
    IGNORED_FIELD = "ignored-field", "A field that Istio takes and that does not do what it says.", settles;
    NEWER_FIELD = "newer-field", "A field or value that came after the Istio that the project holds to.";
    DEPRECATED_FIELD = "deprecated-field", "A field or value that should not be written any more.", settles;
    SKIP_MARKER = "skip-marker", "Text that makes Argo CD drop the resource without a word.";
}
