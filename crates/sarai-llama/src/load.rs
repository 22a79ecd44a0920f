//! From a file to an engine: the weights in the layouts that are worth their memory, and everything around them.

use std::ffi::CStr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use sarai_engine::schedule::Rewind;
use sarai_engine::snapshot::{Identity, Origin};
use sarai_engine::speculate::session::Vocabulary;
use sarai_engine::weights::{self, Layouts, Measured, Policy, choose};
use sarai_proto::engine::v1 as wire;
use sha2::{Digest, Sha256};

use crate::Args;
use crate::chores::{Chores, Weights};
use crate::drafter::Drafter;
use crate::embed::Reader;
use crate::engine::{Engine, EngineOptions, Parts};
use crate::forms::Forms;
use crate::llama::{self, Context, ContextOptions, Layout, Model, Pair, Pulse, Purpose};
use crate::measured::{self, Key};
use crate::prompt::Tokenizer;
use crate::service::Ready;
use crate::store::Store;

/// Loads what the arguments name, and lets the service answer for it.
///
/// # Errors
/// A file that is no model, memory that is not there, a chat template that cannot be read.
pub(crate) fn load(args: &Args, options: EngineOptions, pulse: &Pulse, ready: &OnceLock<Ready>) -> Result<Engine> {
    let available = args.memory.unwrap_or(u64::MAX);
    let file = args.measured.as_ref().map(|file| Key::new(&args.model, options.threads).map(|key| (file.clone(), key)));
    let file = file.transpose()?;
    let known = file.as_ref().map(|(file, key)| measured::load(file, key)).unwrap_or_default();
    let (model, mut context, weights) = load_weights(args, options, pulse, (available, file, known))?;
    let description = describe(args, &model, options, &context)?;
    let store = Store::open(args.cache.as_deref(), args.cache_bytes, identity(&model, &description, &weights));
    let drafter = args.draft_socket.clone().map(|socket| {
        Drafter::connect(socket, Arc::clone(&model) as Arc<dyn Vocabulary>, description.vocabulary_sha256.clone())
    });
    let chores = Chores::new(store, weights, &mut context, options.threads);
    let reader = reader(args, &model, pulse);
    let parts =
        Parts { model: Arc::clone(&model), context, chores, drafter: drafter.transpose()?, reader: reader.clone() };
    let (engine, handle) = Engine::new(parts, options, pulse);
    let weights = engine.layouts().as_str();
    tracing::info!(model = %description.model_name, threads = options.threads, weights, build = %description.build, "loaded");
    let tokenizer = Tokenizer::new(model).context("the model's chat template cannot be read")?;
    // Set once, here; a second worker in one process does not exist.
    let _ = ready.set(Ready { handle, tokenizer, description, forms: Forms::default(), reader });
    Ok(engine)
}

/// Who reads texts for their vectors. A file for it that cannot be loaded is no reason not to answer; vectors of another
/// model in its place would be compared with its own, so then there are none.
fn reader(args: &Args, model: &Arc<Model>, pulse: &Pulse) -> Option<Reader> {
    let Some(file) = &args.embedding_model else { return Some(Reader::Answering(Arc::clone(model))) };
    let loaded = Reader::load(file, pulse);
    loaded.inspect_err(|error| tracing::error!("there will be no vectors: {error:#}")).ok()
}

/// Loads the file in the layouts that are worth their memory, with what is known of them.
fn load_weights(
    args: &Args,
    options: EngineOptions,
    pulse: &Pulse,
    (available, file, known): (u64, Option<(PathBuf, Key)>, Measured),
) -> Result<(Arc<Model>, Pair, Weights)> {
    let path = &args.model;
    let cannot = || format!("cannot load {}", path.display());
    let sizes = ContextOptions {
        purpose: Purpose::Generate,
        context_tokens: options.context_tokens,
        sequences: options.sequences,
        batch_tokens: options.batch_tokens,
        outputs: options.outputs,
        threads: options.threads,
    };
    let repackable = llama::repackable(path);
    // Only once a model is loaded is it known what each layout takes, so the one that is likely to stay goes first.
    let first = first(weights::expect(args.weights, &known, repackable));
    let mut model = Arc::new(Model::load(path, first, pulse).with_context(cannot)?);
    let weights = Weights {
        path: path.clone(),
        policy: args.weights,
        handover: model.handover(),
        sizes: model.sizes(repackable, &sizes),
        available,
        known,
        file,
    };
    let chosen = choose(weights.policy, &weights.known, weights.handover, &weights.sizes, available);
    let layouts = match (weights.policy, chosen) {
        (_, Ok(layouts)) => layouts,
        // Whether it may be loaded at all, others have decided; here it is only decided how.
        (Policy::Auto, Err(_)) => Layouts::Repacked,
        (Policy::Always(_), Err(refusal)) => return Err(refusal.into()),
    };
    if self::first(layouts) != first {
        drop(model);
        model = Arc::new(Model::load(path, self::first(layouts), pulse).with_context(cannot)?);
    }
    let context = Context::new(&model, sizes, pulse)?;
    let (model, context) = match layouts {
        Layouts::Stored => (model, Pair::single(Layout::Stored, context)),
        Layouts::Repacked => (model, Pair::single(Layout::Repacked, context)),
        Layouts::Both => {
            let repacked = Arc::new(Model::load_beside(path, pulse).with_context(cannot)?);
            let back = Context::new(&repacked, sizes, pulse)?;
            (repacked, Pair::both(context, back))
        }
    };
    Ok((model, context, weights))
}

/// The layout that is loaded first. Beside a stored one there is place for the other, which shares its pages.
const fn first(layouts: Layouts) -> Layout {
    match layouts {
        Layouts::Stored | Layouts::Both => Layout::Stored,
        Layouts::Repacked => Layout::Repacked,
    }
}

/// Everything that the bytes of a cache depend on, besides the tokens.
fn identity(model: &Model, description: &wire::DescribeReply, weights: &Weights) -> Identity {
    let context = format!("{} cells, unified, flash attention as llama.cpp chooses", description.context_tokens);
    let file = match &weights.file {
        Some((_, key)) => key.model(),
        None => format!("{} {} {}", description.model_name, description.parameters, description.file_bytes),
    };
    Identity::new(&Origin {
        model: &file,
        build: &description.build,
        template: &description.chat_template_sha256,
        vocabulary: &description.vocabulary_sha256,
        context: &context,
        kv_type: "f16",
        rewind: if model.is_recurrent() { Rewind::Never } else { Rewind::Anywhere },
    })
}

fn describe(args: &Args, model: &Model, options: EngineOptions, context: &Pair) -> Result<wire::DescribeReply> {
    let template = model.chat_template();
    let text = |key: &CStr| model.metadata(key).unwrap_or_default();
    Ok(wire::DescribeReply {
        model_name: text(c"general.name"),
        architecture: text(c"general.architecture"),
        file_bytes: fs_err::metadata(&args.model)?.len(),
        parameters: model.parameters(),
        context_tokens: context.context_tokens(),
        context_tokens_trained: model.context_trained(),
        vocabulary: model.vocabulary(),
        embedding_width: u32::try_from(model.embedding_width()).unwrap_or(0),
        sequences: options.sequences,
        threads: options.threads,
        build: llama::build(),
        chat_template_sha256: template.as_ref().map(|t| hex(&Sha256::digest(t))).unwrap_or_default(),
        chat_template: template.unwrap_or_default(),
        vocabulary_sha256: model.vocabulary_sha256(),
        recurrent: model.is_recurrent(),
        // What changes while it runs is added to each answer.
        ..Default::default()
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
