//! Which files models have, what they need, and whether there is room for it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use sarai_config::{Draft, Embedding, Runtime, Weights};
use sarai_models::{Catalog, Library, LibraryError, LoadPlan, MemoryEstimate, Role, State, WeightLayout, estimate};
use sarai_types::{Failure, FailureKind, ModelId, Notice, VECTOR_TOKENS_MAX};

use crate::brain::BrainSpec;
use crate::worker::Vectors;

/// Of the memory for models and skills together, the share of the skills, which are small.
const SKILLS_SHARE: u64 = 4;
/// Enough for the skills that come with the program, one at a time.
const SKILLS_BYTES_MIN: u64 = 256_000_000;
/// Of what a named model is reckoned to take, so much more it may: a reckoning is not a measurement.
const SLACK_SHARE: u64 = 10;
/// Left to the rest of the system when the budget is `auto`.
const HEADROOM: u64 = 300_000_000;

/// What must fit. By its own choice a worker takes both layouts only where there is room.
const fn layout(weights: Weights) -> WeightLayout {
    match weights {
        Weights::Both => WeightLayout::Both,
        Weights::Auto | Weights::Stored | Weights::Repacked => WeightLayout::Once,
    }
}

/// The models that are wanted, and what is known of their files.
struct Models {
    library: Library,
    model: ModelId,
    /// None where nobody is to guess.
    draft: Option<ModelId>,
    n_ctx: u32,
}

impl Models {
    fn of(spec: &BrainSpec) -> Result<Self, Notice> {
        let catalog = Catalog::builtin().with_user_file(&spec.folders.config.join("models.toml"));
        let catalog = catalog.map_err(|e| e.notice())?;
        let own_choice = |role| catalog.for_role(role).map(|e| e.id.clone());
        let model = match &spec.model {
            Some(model) => model.clone(),
            None => own_choice(Role::Chat).ok_or_else(|| Notice::new("daemon-no-default"))?,
        };
        let draft = match &spec.draft {
            Draft::None => None,
            Draft::Auto => own_choice(Role::Draft),
            Draft::Is(draft) => Some(draft.clone()),
        };
        let library = Library::new(spec.folders.models.clone(), catalog);
        Ok(Self { library, model, draft, n_ctx: spec.runtime.n_ctx.get() })
    }

    /// A model's file, once it is whole, and what it will take.
    fn file(&self, model: &ModelId, layout: WeightLayout) -> Result<(PathBuf, MemoryEstimate), Notice> {
        self.planned(model, LoadPlan::new(self.n_ctx, layout))
    }

    /// The same of a model for vectors, which reads a text at once and keeps nothing of it. llama.cpp makes room for a
    /// row of the vocabulary for each token, and again for one that could write.
    fn vectors_file(&self, model: &ModelId) -> Result<(PathBuf, MemoryEstimate), Notice> {
        let n = VECTOR_TOKENS_MAX;
        let layout = WeightLayout::Once;
        self.planned(model, LoadPlan { n_ctx: n, n_ubatch: n, n_outputs_max: 2 * n, layout })
    }

    /// Those that could answer if somebody named them: they are here and know how a conversation is written.
    fn nameable(&self) -> Vec<ModelId> {
        let listed = self.library.list().unwrap_or_default();
        let here = listed.into_iter().filter(|listed| matches!(listed.state, State::Ready { .. }));
        here.map(|listed| listed.id).filter(|id| *id != self.model && !self.is_mute(id)).collect()
    }

    /// There is none of the name, and which there are.
    fn unknown(&self, model: &ModelId) -> Notice {
        let served: Vec<String> = self.nameable().iter().chain([&self.model]).map(ToString::to_string).collect();
        Notice::new("daemon-model-unknown").arg("model", model).arg("served", served.join(", "))
    }

    /// Whether it is here and does not know how a conversation is written.
    fn is_mute(&self, id: &ModelId) -> bool {
        let header = |header: sarai_models::Header| header.chat_template.is_none();
        self.library.info(id).is_ok_and(|info| info.header.is_some_and(header))
    }

    /// What the model that answers by default takes, with the one for vectors in it.
    fn answering_bytes(&self, spec: &BrainSpec) -> Result<u64, Notice> {
        let (_, answers) = self.file(&self.model, layout(spec.runtime.weights))?;
        let vectors = match &spec.embedding {
            Embedding::Is(embedding) if *embedding != self.model => self.vectors_file(embedding).ok(),
            Embedding::Is(_) | Embedding::None => None,
        };
        Ok(answers.total().saturating_add(vectors.map_or(0, |(_, vectors)| vectors.total())))
    }

    fn planned(&self, model: &ModelId, plan: LoadPlan) -> Result<(PathBuf, MemoryEstimate), Notice> {
        let (file, header) = self.library.verified(model, &mut |_| {}).map_err(|e| e.notice())?;
        let bytes = fs_err::metadata(&file).map_err(|_| Notice::new("daemon-internal"))?.len();
        Ok((file, estimate(&header, bytes, &plan)))
    }
}

/// What there is to start the worker of the model that answers by default with.
pub(crate) struct Found {
    pub(crate) model: ModelId,
    pub(crate) file: PathBuf,
    /// What it may take.
    pub(crate) memory_bytes: u64,
    pub(crate) vectors: Vectors,
}

/// The same for a model that somebody named.
pub(crate) struct Named {
    pub(crate) file: PathBuf,
    /// What it may take.
    pub(crate) bytes: u64,
}

/// What the model that answers by default takes.
pub(crate) struct DefaultNeeds {
    pub(crate) model: ModelId,
    /// Without what helps it, it answers too.
    pub(crate) alone: u64,
    pub(crate) with_helpers: u64,
}

/// What models that somebody named take, in bytes, for whoever reckons with the same memory.
#[derive(Debug, Default)]
pub(crate) struct Reserved {
    /// All of them.
    pub(crate) named: AtomicU64,
    /// The one that is being loaded, which the system does not know of yet.
    pub(crate) coming: AtomicU64,
}

impl Reserved {
    fn named(&self) -> u64 {
        self.named.load(Ordering::Relaxed)
    }

    fn coming(&self) -> u64 {
        self.coming.load(Ordering::Relaxed)
    }
}

/// The model that answers by default and its file, once it is whole and fits into memory.
///
/// # Errors
/// What stands in the way.
pub(crate) fn find(spec: &BrainSpec) -> Result<Found, Notice> {
    let models = Models::of(spec)?;
    let (file, needed) = models.file(&models.model, layout(spec.runtime.weights))?;
    let allowed = allowed(spec, spec.reserved.named())?;
    fit(&models.model, needed.total(), allowed)?;
    // A draft model whose file is not there yet is not allowed for: it may never be.
    let draft = models.draft.as_ref().and_then(|draft| models.file(draft, WeightLayout::Once).ok());
    let left = draft.map_or(allowed, |(_, draft)| allowed.saturating_sub(draft.total()));
    let (vectors, left) = match &spec.embedding {
        Embedding::None => (Vectors::Answering, left),
        Embedding::Is(embedding) if *embedding == models.model => (Vectors::Answering, left),
        Embedding::Is(embedding) => match find_vectors(&models, embedding, left.saturating_sub(needed.total())) {
            Ok((file, bytes)) => (Vectors::Own { model: embedding.clone(), file, bytes }, left.saturating_sub(bytes)),
            Err(notice) => {
                tracing::warn!(reason = notice.id, "there is no model for vectors until the next start");
                (Vectors::Missing(notice), left)
            }
        },
    };
    let memory_bytes = left.max(needed.total());
    Ok(Found { model: models.model, file, memory_bytes, vectors })
}

/// The file of the model that turns texts into vectors, and what it will take, if it fits into `allowed` bytes.
fn find_vectors(models: &Models, model: &ModelId, allowed: u64) -> Result<(PathBuf, u64), Notice> {
    let (file, needed) = models.vectors_file(model)?;
    fit(model, needed.total(), allowed)?;
    Ok((file, needed.total()))
}

/// The model that guesses and its file, once it is whole and fits beside the one that answers, which is loaded.
///
/// # Errors
/// What stands in the way.
pub(crate) fn find_drafter(spec: &BrainSpec) -> Result<(ModelId, PathBuf), Notice> {
    let models = Models::of(spec)?;
    let draft = models.draft.as_ref().ok_or_else(|| Notice::new("daemon-no-draft"))?;
    if *draft == models.model {
        return Err(Notice::new("daemon-draft-is-model").arg("model", draft));
    }
    let taken = models.answering_bytes(spec)?.saturating_add(spec.reserved.named());
    let (file, needed) = models.file(draft, WeightLayout::Once)?;
    fit(draft, needed.total(), allowed(spec, taken)?)?;
    Ok((draft.clone(), file))
}

/// A model that somebody named, and what it needs.
///
/// # Errors
/// `ModelNotFound` where it is not here.
pub(crate) fn find_named(spec: &BrainSpec, model: &ModelId) -> Result<Named, Failure> {
    let unavailable = |notice| Failure::new(FailureKind::Unavailable, notice, "the model cannot be loaded");
    let models = Models::of(spec).map_err(unavailable)?;
    let not_found = |notice| Err(Failure::new(FailureKind::ModelNotFound, notice, "the model is not on this computer"));
    match models.library.find(model) {
        Err(error @ LibraryError::NotHere(_)) => return not_found(error.notice()),
        Err(LibraryError::Unknown(_)) => return not_found(models.unknown(model)),
        Ok(_) if models.is_mute(model) => return not_found(models.unknown(model)),
        // What else is wrong with it is said below.
        Ok(_) | Err(_) => {}
    }
    let (file, needed) = models.file(model, layout(spec.runtime.weights)).map_err(unavailable)?;
    Ok(Named { file, bytes: needed.total().saturating_add(needed.total() / SLACK_SHARE) })
}

/// The model that answers by default, by its name alone.
pub(crate) fn default_model(spec: &BrainSpec) -> Option<ModelId> {
    Models::of(spec).ok().map(|models| models.model)
}

/// The models that could answer if somebody named them, but for the default one.
pub(crate) fn nameable(spec: &BrainSpec) -> Vec<ModelId> {
    Models::of(spec).map_or_else(|_| Vec::new(), |models| models.nameable())
}

/// The model that answers by default, and what it takes with those that help it.
///
/// # Errors
/// There is none, or its file cannot be used.
pub(crate) fn default_needs(spec: &BrainSpec) -> Result<DefaultNeeds, Notice> {
    let models = Models::of(spec)?;
    let (_, alone) = models.file(&models.model, layout(spec.runtime.weights))?;
    let draft = models.draft.as_ref().and_then(|draft| models.file(draft, WeightLayout::Once).ok());
    let with_helpers = models.answering_bytes(spec)?.saturating_add(draft.map_or(0, |(_, draft)| draft.total()));
    Ok(DefaultNeeds { model: models.model, alone: alone.total(), with_helpers })
}

/// Whether so many bytes for a model are free, where `taken` of the owner's budget are in use.
///
/// # Errors
/// They are not, which is said.
pub(crate) fn check(spec: &BrainSpec, model: &ModelId, needed: u64, taken: u64) -> Result<(), Notice> {
    fit(model, needed, allowed(spec, taken)?)
}

/// Whether they would be if all that is loaded went, which is `loaded` bytes.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_at_best(spec: &BrainSpec, model: &ModelId, needed: u64, loaded: u64) -> Result<(), Notice> {
    let available = sarai_models::available().map_err(|_| Notice::new("daemon-internal"))?;
    let all = available.saturating_add(loaded).saturating_sub(HEADROOM);
    fit(model, needed, spec.runtime.ram_budget.set().map_or(all, |budget| budget.bytes().min(all)))
}

/// Bytes that may be taken now, where `taken` of the owner's budget are in use.
fn allowed(spec: &BrainSpec, taken: u64) -> Result<u64, Notice> {
    allowed_beside(&spec.runtime, taken, spec.reserved.coming())
}

/// The same, where `coming` bytes will be taken of which the system does not know yet.
fn allowed_beside(runtime: &Runtime, taken: u64, coming: u64) -> Result<u64, Notice> {
    let available = sarai_models::available().map_err(|_| Notice::new("daemon-internal"))?;
    let available = available.saturating_sub(coming);
    Ok(match runtime.ram_budget.set() {
        Some(budget) => budget.bytes().saturating_sub(taken).min(available),
        None => available.saturating_sub(HEADROOM),
    })
}

fn fit(model: &ModelId, needed: u64, allowed: u64) -> Result<(), Notice> {
    if needed <= allowed {
        return Ok(());
    }
    let gigabytes = |bytes: u64| format!("{}.{}", bytes / 1_000_000_000, bytes / 100_000_000 % 10);
    let notice = Notice::new("daemon-model-too-large").arg("model", model);
    Err(notice.arg("needed", gigabytes(needed)).arg("available", gigabytes(allowed)))
}

/// What skills may take beside the models: of the owner's budget, or of what is free, a share that leaves the models
/// theirs.
pub(crate) fn left_for_skills(runtime: &Runtime) -> u64 {
    allowed_beside(runtime, 0, 0).map_or(SKILLS_BYTES_MIN, |bytes| (bytes / SKILLS_SHARE).max(SKILLS_BYTES_MIN))
}
