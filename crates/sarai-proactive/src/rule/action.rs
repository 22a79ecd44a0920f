//! What a rule does, and where its messages go.

/// What a rule does when the gate has opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Says this to the owner. An empty text is the sentence of the trigger itself.
    Tell {
        text: String,
    },
    /// Offers something that the owner may want now.
    Suggest {
        text: String,
    },
    /// Runs a skill with fixed arguments.
    RunSkill {
        skill: String,
        arguments: String,
    },
    /// Asks the assistant, who may use at most so many tokens.
    Ask {
        prompt: String,
        tokens_max: u32,
    },
    /// Frees memory, step by step, as long as it is short: caches, then idle models, then says so.
    FreeMemory,
    /// Deletes logs that are older.
    RotateLogs {
        days: u16,
    },
    /// Compacts the databases.
    Vacuum,
    Backup,
    /// Looks at every part and asks for a restart of what is ill.
    HealthSweep,
    /// Starts a skill before it is asked for.
    WarmSkill {
        skill: String,
    },
}

/// The kinds of [`Action`], by the words that stand for them in a rules file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionKind {
    Tell,
    Suggest,
    RunSkill,
    Ask,
    FreeMemory,
    RotateLogs,
    Vacuum,
    Backup,
    HealthSweep,
    WarmSkill,
}

/// What to do with a task whose attempt was cut off in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AfterCrash {
    /// Again: done twice is the same as done once, or the task's id keeps it from counting twice.
    Again,
    /// Not again, because nobody knows what it did; say so.
    Report,
}

impl ActionKind {
    pub const ALL: [Self; 10] = [
        Self::Tell,
        Self::Suggest,
        Self::RunSkill,
        Self::Ask,
        Self::FreeMemory,
        Self::RotateLogs,
        Self::Vacuum,
        Self::Backup,
        Self::HealthSweep,
        Self::WarmSkill,
    ];

    /// Its key in a rules file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tell => "tell",
            Self::Suggest => "suggest",
            Self::RunSkill => "run_skill",
            Self::Ask => "ask",
            Self::FreeMemory => "free_memory",
            Self::RotateLogs => "rotate_logs",
            Self::Vacuum => "vacuum",
            Self::Backup => "backup",
            Self::HealthSweep => "health_sweep",
            Self::WarmSkill => "warm_skill",
        }
    }
}

impl Action {
    /// What an answer may cost unless a rule says otherwise, in tokens.
    pub const TOKENS_DEFAULT: u32 = 400;
    /// The most that a rule may allow.
    pub const TOKENS_MAX: u32 = 4000;
    /// How long logs are kept unless a rule says otherwise.
    pub const LOG_DAYS_DEFAULT: u16 = 30;

    #[must_use]
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::Tell { .. } => ActionKind::Tell,
            Self::Suggest { .. } => ActionKind::Suggest,
            Self::RunSkill { .. } => ActionKind::RunSkill,
            Self::Ask { .. } => ActionKind::Ask,
            Self::FreeMemory => ActionKind::FreeMemory,
            Self::RotateLogs { .. } => ActionKind::RotateLogs,
            Self::Vacuum => ActionKind::Vacuum,
            Self::Backup => ActionKind::Backup,
            Self::HealthSweep => ActionKind::HealthSweep,
            Self::WarmSkill { .. } => ActionKind::WarmSkill,
        }
    }

    /// Whether the owner hears of it. What nobody hears may run at night.
    #[must_use]
    pub const fn speaks(&self) -> bool {
        match self {
            Self::Tell { .. } | Self::Suggest { .. } | Self::RunSkill { .. } | Self::Ask { .. } => true,
            Self::FreeMemory
            | Self::RotateLogs { .. }
            | Self::Vacuum
            | Self::Backup
            | Self::HealthSweep
            | Self::WarmSkill { .. } => false,
        }
    }

    /// The most tokens of a model that it uses.
    #[must_use]
    pub const fn tokens_max(&self) -> u32 {
        match self {
            Self::Ask { tokens_max, .. } => *tokens_max,
            Self::Tell { .. }
            | Self::Suggest { .. }
            | Self::RunSkill { .. }
            | Self::FreeMemory
            | Self::RotateLogs { .. }
            | Self::Vacuum
            | Self::Backup
            | Self::HealthSweep
            | Self::WarmSkill { .. } => 0,
        }
    }

    #[must_use]
    pub const fn after_crash(&self) -> AfterCrash {
        match self {
            Self::RunSkill { .. } => AfterCrash::Report,
            Self::Tell { .. }
            | Self::Suggest { .. }
            | Self::Ask { .. }
            | Self::FreeMemory
            | Self::RotateLogs { .. }
            | Self::Vacuum
            | Self::Backup
            | Self::HealthSweep
            | Self::WarmSkill { .. } => AfterCrash::Again,
        }
    }
}

/// Where messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Channel {
    /// Wherever the owner is: an open chat, the page, and what is configured besides.
    #[default]
    Everywhere,
    Terminal,
    Page,
    Desktop,
    Ntfy,
    Webhook,
    Email,
    Slack,
}

impl Channel {
    pub const ALL: [Self; 8] = [
        Self::Everywhere,
        Self::Terminal,
        Self::Page,
        Self::Desktop,
        Self::Ntfy,
        Self::Webhook,
        Self::Email,
        Self::Slack,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Terminal => "terminal",
            Self::Page => "page",
            Self::Desktop => "desktop",
            Self::Ntfy => "ntfy",
            Self::Webhook => "webhook",
            Self::Email => "email",
            Self::Slack => "slack",
        }
    }
}
