//! What Cargo knows about this workspace, cut down to what the checks ask.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// Package names to the packages that they are built with. Development dependencies are left out: a test may use what
/// it likes.
pub(crate) type Graph = BTreeMap<String, BTreeSet<String>>;

#[derive(Debug)]
pub(crate) struct Workspace {
    /// Our own crates and their folders.
    pub(crate) members: BTreeMap<String, PathBuf>,
    /// Every package of the lockfile, ours too. Versions of one package are taken together.
    pub(crate) graph: Graph,
    pub(crate) packages: Vec<Package>,
}

/// One package of the lockfile.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) origin: Origin,
}

#[derive(Debug)]
pub(crate) enum Origin {
    /// A folder of this repository.
    Here,
    /// Cargo's public index.
    Index,
    Elsewhere(String),
}

impl Workspace {
    /// Asks Cargo. Fails when `Cargo.lock` is not current.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .other_options(vec!["--locked".to_owned()])
            .exec()
            .context("cargo metadata failed")?;
        let resolve = metadata.resolve.as_ref().context("cargo metadata resolved nothing")?;

        let mut graph = Graph::new();
        for node in &resolve.nodes {
            let uses = graph.entry(metadata[&node.id].name.to_string()).or_default();
            for dep in &node.deps {
                if dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development) {
                    uses.insert(metadata[&dep.pkg].name.to_string());
                }
            }
        }
        let mut members = BTreeMap::new();
        for package in metadata.workspace_packages() {
            let folder = package.manifest_path.parent().context("a manifest has no folder")?;
            members.insert(package.name.to_string(), folder.as_std_path().to_path_buf());
        }
        let packages = metadata
            .packages
            .iter()
            .map(|package| Package {
                name: package.name.to_string(),
                version: package.version.to_string(),
                license: package.license.clone(),
                origin: match &package.source {
                    None => Origin::Here,
                    Some(source) if source.is_crates_io() => Origin::Index,
                    Some(source) => Origin::Elsewhere(source.to_string()),
                },
            })
            .collect();
        Ok(Self { members, graph, packages })
    }
}

/// Everything that a package is built with, itself left out.
pub(crate) fn closure(graph: &Graph, package: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut next = VecDeque::from([package]);
    while let Some(name) = next.pop_front() {
        for used in graph.get(name).into_iter().flatten() {
            if seen.insert(used.clone()) {
                next.push_back(used);
            }
        }
    }
    seen
}
