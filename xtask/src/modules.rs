//! The published Go modules that the tables are made from. `go` downloads and verifies them; their contents are pinned here.

use std::fs::File;
use std::io::Read as _;
use std::process::Command;

/// A Go module that carries CRDs.
pub(crate) struct Module {
    /// The table that it goes into.
    pub(crate) table: &'static str,
    /// The minor release, for products whose release a project can name; empty for others.
    pub(crate) release: &'static str,
    path: &'static str,
    version: &'static str,
    /// What `go.sum` has for it.
    sum: &'static str,
    /// The files with CRDs begin so, within the module.
    files: &'static str,
}

/// A new release is one line here; then run `cargo xtask schema` and read the difference.
#[rustfmt::skip]
pub(crate) const MODULES: &[Module] = &[
    Module { table: "istio", release: "1.30", path: "istio.io/api", version: "v1.30.8", sum: "h1:/weRNO9YbJsKqFibiGCjXG1i+UwNhJb3vts6ChGR554=", files: "kubernetes/customresourcedefinitions.gen.yaml" },
    Module { table: "istio", release: "1.31", path: "istio.io/api", version: "v1.31.4", sum: "h1:AcnncYrlDj1PJkym7h88Gggkef4MAra8QpGaXRMsr+E=", files: "kubernetes/customresourcedefinitions.gen.yaml" },
    Module { table: "istio", release: "1.32", path: "istio.io/api", version: "v1.32.0", sum: "h1:37mJvg9I0biYZAEQF+MATs4FNeCpXEIVO3LFpVb6iNM=", files: "kubernetes/customresourcedefinitions.gen.yaml" },
    Module { table: "gateway-api", release: "", path: "sigs.k8s.io/gateway-api", version: "v1.7.0", sum: "h1:duVnm7nO6oXfMMUWfcDoBph47CYR/ME3NGxccOVglaY=", files: "config/crd/standard/gateway.networking.k8s.io_" },
    Module { table: "cert-manager", release: "", path: "github.com/cert-manager/cert-manager", version: "v1.21.2", sum: "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=", files: "deploy/crds/" },
];

/// Why a module can't be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModuleError {
    /// `go` is missing, or has no way to the module.
    #[error("{0} can't be downloaded: {1}")]
    Download(String, String),
    /// It is there and not what was pinned.
    #[error("{0} has the checksum {1}, and {2} is pinned")]
    Checksum(String, String, &'static str),
    /// It is no readable zip file.
    #[error("{0} can't be read: {1}")]
    Zip(String, String),
}

impl Module {
    /// As `go` names it: `path@version`.
    pub(crate) fn name(&self) -> String {
        format!("{}@{}", self.path, self.version)
    }

    /// The texts of the YAML files with CRDs, by their paths in the module.
    pub(crate) fn crds(&self) -> Result<Vec<(String, String)>, ModuleError> {
        let zip = self.download()?;
        let unreadable = |error: &dyn std::fmt::Display| ModuleError::Zip(self.name(), error.to_string());
        let file = File::open(&zip).map_err(|error| unreadable(&error))?;
        let mut archive = zip::ZipArchive::new(file).map_err(|error| unreadable(&error))?;
        let prefix = format!("{}/{}", self.name(), self.files);
        let names = archive.file_names().map(|name| name.map(|name| name.into_owned()));
        let mut names: Vec<String> = names.collect::<Result<_, _>>().map_err(|error| unreadable(&error))?;
        names.retain(|name| name.starts_with(&prefix) && name.ends_with(".yaml"));
        names.sort();
        let mut texts = Vec::new();
        for name in names {
            let mut text = String::new();
            let mut file = archive.by_name(&name).map_err(|error| unreadable(&error))?;
            file.read_to_string(&mut text).map_err(|error| unreadable(&error))?;
            texts.push((name, text));
        }
        Ok(texts)
    }

    /// The path of its zip file in Go's cache. A module that wants a newer `go` is downloaded all the same, so what counts is
    /// what `go` says, not how it ends.
    fn download(&self) -> Result<String, ModuleError> {
        let failed = |why: &str| ModuleError::Download(self.name(), why.trim().to_owned());
        let output = Command::new("go")
            .args(["mod", "download", "-json", &self.name()])
            .current_dir(std::env::temp_dir())
            .output()
            .map_err(|error| failed(&format!("go: {error}")))?;
        let said: serde_json::Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| failed(&String::from_utf8_lossy(&output.stderr)))?;
        let (Some(zip), Some(sum)) = (said["Zip"].as_str(), said["Sum"].as_str()) else {
            return Err(failed(said["Error"].as_str().unwrap_or("go says nothing")));
        };
        if sum != self.sum {
            return Err(ModuleError::Checksum(self.name(), sum.to_owned(), self.sum));
        }
        Ok(zip.to_owned())
    }
}
