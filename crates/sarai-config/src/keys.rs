//! Every key, once: its meaning, type, range, default, when a change counts, and whether anything heeds it yet.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sarai_types::{Language, ModelId, Speculation};

use crate::value::{
    Auto, Draft, Embedding, Expects, Given, HostNames, LogLevel, MailServer, Mailbox, Paths, Setting, Size,
    SkillRuntime, Switch, Target, Time, Weights, Whole,
};

/// When a changed value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// At once, with the next generation.
    Live,
    /// When the program starts again.
    Restart,
}

/// Whether anything in the program heeds the key yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Now,
    /// Accepted and checked; its part of the program is not built yet, and setting it gives a warning.
    Later,
}

/// What is known of one key.
#[derive(Debug)]
pub struct Key {
    /// Dotted: `server.port`.
    pub name: &'static str,
    pub reload: Reload,
    pub effect: Effect,
    doc_lines: &'static [&'static str],
    expects: fn() -> Expects,
    show: fn(&Config) -> String,
    read: fn(&mut Config, &Given) -> Option<()>,
    copy: fn(&mut Config, &Config),
}

impl Key {
    /// What it is for: whole sentences on one line.
    #[must_use]
    pub fn doc(&self) -> String {
        self.doc_lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }

    #[must_use]
    pub fn expects(&self) -> Expects {
        (self.expects)()
    }

    /// The value in a config, as it would be written in a file.
    #[must_use]
    pub fn show(&self, config: &Config) -> String {
        (self.show)(config)
    }

    /// Sets the key, or leaves everything as it was and gives none if the value is not what it expects.
    pub(crate) fn read(&self, config: &mut Config, given: &Given) -> Option<()> {
        (self.read)(config, given)
    }

    /// Takes over the value that another config has.
    pub(crate) fn copy(&self, to: &mut Config, from: &Config) {
        (self.copy)(to, from);
    }
}

/// A section's name and what it is for.
#[derive(Debug)]
pub(crate) struct SectionDoc {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
}

macro_rules! key {
    ($name:expr, [$($doc:literal),+], $type:ty, $reload:ident, $effect:ident, $($path:ident).+) => {
        Key {
            name: $name,
            reload: Reload::$reload,
            effect: Effect::$effect,
            doc_lines: &[$($doc),+],
            expects: <$type as Setting>::expects,
            show: |config| config.$($path).+.to_string(),
            read: |config, given| {
                config.$($path).+ = <$type as Setting>::read(given)?;
                Some(())
            },
            copy: |to, from| to.$($path).+ = from.$($path).+.clone(),
        }
    };
}

/// Turns the table below into [`Config`], its sections, their defaults, and [`KEYS`].
/// A row is `key: Type = default, Reload, Effect;` under the doc comment that every reader of the key gets.
macro_rules! keys {
    (
        top {
            $($(#[doc = $tdoc:literal])+ $tkey:ident: $ttype:ty = $tdefault:expr, $treload:ident, $teffect:ident;)*
        }
        $(
            #[doc = $sdoc:literal]
            $section:ident: $Section:ident {
                $($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr, $reload:ident, $effect:ident;)*
            }
        )*
    ) => {
        /// What all settings together mean.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Config {
            $($(#[doc = $tdoc])+ pub $tkey: $ttype,)*
            $(#[doc = $sdoc] pub $section: $Section,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($tkey: $tdefault,)* $($section: $Section::default(),)* }
            }
        }

        $(
            #[doc = $sdoc]
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $Section {
                $($(#[doc = $doc])+ pub $key: $type,)*
            }

            impl Default for $Section {
                fn default() -> Self {
                    Self { $($key: $default,)* }
                }
            }
        )*

        /// Every key, in the order of the example.
        pub static KEYS: &[Key] = &[
            $(key!(stringify!($tkey), [$($tdoc),+], $ttype, $treload, $teffect, $tkey),)*
            $($(
                key!(
                    concat!(stringify!($section), ".", stringify!($key)),
                    [$($doc),+], $type, $reload, $effect, $section.$key
                ),
            )*)*
        ];

        /// Every section, in the order of the example.
        pub(crate) static SECTIONS: &[SectionDoc] =
            &[$(SectionDoc { name: stringify!($section), doc: $sdoc },)*];
    };
}

keys! {
    top {
        /// The language of messages, where no client asks for another. `auto` follows the locale of whoever starts
        /// the program.
        language: Auto<Language> = Auto::Auto, Live, Now;
    }

    /// The front door.
    server: Server {
        /// The address to listen on. Any other than this computer's own (127.0.0.1, ::1) lets the network in and needs
        /// `server.insecure: true` too.
        bind: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST), Restart, Now;
        /// The TCP port. 0 takes any free one.
        port: u16 = 8080, Restart, Now;
        /// Says that you accept a connection without encryption on an address that others can reach: whoever listens on
        /// the way reads along.
        insecure: Switch = Switch::Off, Restart, Now;
        /// Names besides the address itself under which clients may ask for this computer, without the port. A request
        /// for any other name is refused, because a web page that you visit could have sent it.
        allowed_hosts: HostNames = HostNames::default(), Live, Now;
    }

    /// Who answers.
    model: Model {
        /// The model that answers when a client names none, by its id in the catalogue. `auto` takes the catalogue's
        /// own default.
        default: Auto<ModelId> = Auto::Auto, Restart, Now;
        /// A smaller model that guesses ahead of the one that answers: its id in the catalogue, `auto` for the
        /// catalogue's own choice, or `none`. It takes memory, and on few processors it costs more than it saves: measured
        /// on two, a guess of a model with a third of the parameters takes more than half as long as the token itself.
        /// The answers are the same with and without it.
        draft: Draft = Draft::None, Restart, Now;
        /// A model that turns texts into vectors, by its id: those of `/v1/embeddings`, and those by which the memory
        /// finds messages that mean the same in other words. With `none` the first come from the model that answers, and
        /// the memory goes by words alone, which is enough for nearly everything.
        embedding: Embedding = Embedding::None, Restart, Now;
    }

    /// What the models may use of this computer.
    runtime: Runtime {
        /// How many tokens all conversations of one model share: what it can keep in mind. Twice as many take about
        /// twice the memory besides the model's own.
        n_ctx: Whole<512, 131_072> = const { Whole::of(8192) }, Restart, Now;
        /// How many threads a model computes with. `auto` takes the processors that this program may use.
        threads: Auto<Whole<1, 256>> = Auto::Auto, Restart, Now;
        /// How many conversations one model holds at the same time. The next one waits.
        sequences: Whole<1, 16> = const { Whole::of(4) }, Restart, Now;
        /// How many models may be loaded at the same time.
        max_concurrent_llms: Whole<1, 8> = const { Whole::of(1) }, Restart, Later;
        /// How much memory all models together may take. `auto` leaves the rest of the system what it needs.
        ram_budget: Auto<Size<256_000_000, 4_000_000_000_000>> = Auto::Auto, Restart, Now;
        /// How a model's weights lie in memory: as `stored` in its file, which is mapped; `repacked` for the processor;
        /// or `both`, each where it is faster, for more memory. `auto` measures and chooses.
        weights: Weights = Weights::Auto, Restart, Now;
        /// How many tokens are guessed ahead, for requests that do not say it: `auto` for as many as pay by measured
        /// costs, often none; `off`; or, to compare, `acceptance` (5, 4, 2 or none by the luck of the last ten batches)
        /// and `fixed:K`. Guesses change how long an answer takes, not what it says.
        speculation: Speculation = Speculation::Auto, Live, Now;
        /// Keeps what a model has read of a conversation on disk, so that it need not read it again after a restart. It
        /// lies in the state folder, readable to you alone.
        prefix_cache: Switch = Switch::On, Restart, Now;
        /// How much disk that may take. What was used longest ago goes first.
        prefix_cache_bytes: Size<16_000_000, 1_000_000_000_000> = const { Size::of_bytes(1_000_000_000) }, Restart, Now;
    }

    /// What the program writes down about itself.
    log: Log {
        /// How much the log says. What is said in conversations is never in it, at any level.
        level: LogLevel = LogLevel::Info, Live, Now;
    }

    /// Skills and everything that builds on them.
    phoenix: Phoenix {
        /// What skills run in: a jail of this computer's own (bubblewrap), containers (Docker or Podman), or nothing at
        /// all. Models are jailed too, always by this computer's own jail.
        skill_runtime: SkillRuntime = SkillRuntime::Local, Restart, Now;
        /// Remembers what you say of yourself and yours, in a file of the state folder that is readable to you alone. Off,
        /// nothing is remembered and nothing that was remembered is used.
        entity_memory_skill: Switch = Switch::On, Restart, Now;
        /// Reads again, when nothing else runs, what you said and the memory did not understand, with the model that
        /// answers; what it finds waits for your word with `sarai memory suggestions`. At most a tenth of the time goes
        /// into it. It needs `entity_memory_skill` and `grammar_constraints`.
        memory_enrichment: Switch = Switch::On, Restart, Now;
        /// Acts on its own by rules and at times: `rules.yaml` and what you say with `sarai rules add`. Without a rule
        /// whose time has come it costs nothing.
        proactive_loop_enabled: Switch = Switch::On, Restart, Now;
        /// Starts the draft model that `model.draft` names. Off, none is started, whatever `model.draft` says.
        speculative_draft_skill: Switch = Switch::On, Restart, Now;
        /// Holds structured answers and tool calls to their grammars. Off, a tool call comes as the model writes it, and
        /// a request for a structured answer or for strict tools is refused.
        grammar_constraints: Switch = Switch::On, Restart, Now;
        /// Tries repairs out in a jail that is thrown away afterwards.
        self_repair_ephemeral: Switch = Switch::On, Restart, Later;
        /// Attacks itself inside a jail to find weak points.
        red_team_sandboxed: Switch = Switch::On, Restart, Later;
        /// Exchanges improvements with other installations that you name.
        federated_mode: Switch = Switch::Off, Restart, Later;
        /// Keeps each person's context apart.
        profiles_as_context: Switch = Switch::Off, Restart, Later;
        /// Runs only skills whose origin is attested.
        attested_build: Switch = Switch::On, Restart, Later;
    }

    /// What skills may see of yours.
    skills: Skills {
        /// Databases that the skill `sql` may read to answer questions about them: SQLite files, by their paths.
        databases: Paths = Paths::default(), Restart, Now;
    }

    /// Where messages of rules go besides this computer: nowhere, unless you say so here.
    channels: Channels {
        /// A topic of ntfy, which gets the text: `https://ntfy.sh/a-name-that-nobody-guesses`.
        ntfy: Target = Target::None, Restart, Now;
        /// An address that gets a JSON object with `id`, `rule`, `kind`, `at` and `text`.
        webhook: Target = Target::None, Restart, Now;
        /// An incoming webhook of Slack.
        slack: Target = Target::None, Restart, Now;
        /// An address that gets e-mail, from itself.
        email: Mailbox = Mailbox::None, Restart, Now;
        /// The server that takes that e-mail: `smtps://` encrypts from the first byte, `smtp://` by STARTTLS, without
        /// which nothing is sent, but to this computer's own. The password of USER is the one line of the file
        /// `smtp-password` beside this one, which nobody else may read.
        smtp: MailServer = MailServer::default(), Restart, Now;
        /// Shows notifications on the desktop, by the program `notify-send`.
        desktop: Switch = Switch::Off, Restart, Now;
    }

    /// Answers with sources from the web.
    rag: Rag {
        /// How long to wait for a source.
        timeout: Time<100, 120_000> = const { Time::of_ms(10_000) }, Live, Later;
        /// How long a page that was read stays good.
        cache_ttl: Time<60_000, 2_592_000_000> = const { Time::of_ms(86_400_000) }, Live, Later;
    }
}

impl Server {
    /// Where to listen.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }
}
