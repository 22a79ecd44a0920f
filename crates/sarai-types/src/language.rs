//! The two languages that SARAi speaks.

use std::fmt;

/// A language for people. Spanish is a first language here, not a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    Spanish,
    /// What somebody gets whose locale is neither.
    #[default]
    English,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Spanish, Self::English];

    /// The language of a BCP 47 or POSIX tag (`es-MX`, `es_ES.UTF-8`, `en`), if it is one of ours.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "es" | "spa" => Some(Self::Spanish),
            "en" | "eng" | "c" | "posix" => Some(Self::English),
            _ => None,
        }
    }

    /// The best of ours for an HTTP `Accept-Language` header. Quality values are honoured, unknown languages skipped.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(|tag| Self::from_tag(tag.trim())) else { continue };
            let quality =
                parts.find_map(|p| p.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok())).unwrap_or(1.0);
            if quality > 0.0 && best.is_none_or(|(_, q)| quality > q) {
                best = Some((language, quality));
            }
        }
        best.map(|(language, _)| language)
    }

    /// The months' names, from January on.
    #[must_use]
    #[rustfmt::skip]
    pub const fn months(self) -> [&'static str; 12] {
        match self {
            Self::Spanish => [
                "enero", "febrero", "marzo", "abril", "mayo", "junio",
                "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
            ],
            Self::English => [
                "January", "February", "March", "April", "May", "June",
                "July", "August", "September", "October", "November", "December",
            ],
        }
    }

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Spanish => "es",
            Self::English => "en",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_headers() {
        for (tag, expected) in [
            ("es_ES.UTF-8", Some(Language::Spanish)),
            ("es-419", Some(Language::Spanish)),
            ("C", Some(Language::English)),
            ("fr_FR", None),
            ("", None),
        ] {
            assert_eq!(Language::from_tag(tag), expected, "{tag:?}");
        }
        for (header, expected) in [
            ("es-ES,es;q=0.9,en;q=0.8", Some(Language::Spanish)),
            ("fr, en;q=0.3, es;q=0.5", Some(Language::Spanish)),
            ("es;q=0, en;q=0.1", Some(Language::English)),
            ("de", None),
        ] {
            assert_eq!(Language::from_accept_language(header), expected, "{header:?}");
        }
    }
}
