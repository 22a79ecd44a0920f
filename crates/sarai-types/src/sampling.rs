//! How the next token is chosen.

/// A value out of its range. The name is the one of the OpenAI API where it has one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{name} is between {min} and {max}, not {value}")]
pub struct SamplingError {
    pub name: &'static str,
    pub value: f64,
    pub min: f64,
    pub max: f64,
}

/// How much tokens that were already said lose. All neutral by default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalties {
    /// Divides positive logits, multiplies negative ones; 1 is neutral. Range 0.5 to 2.
    pub repeat: f32,
    /// Subtracted once for each time the token was said. Range −2 to 2.
    pub frequency: f32,
    /// Subtracted once if the token was said at all. Range −2 to 2.
    pub presence: f32,
    /// How many tokens back these look. 0 turns them off.
    pub last_n: u32,
}

impl Default for Penalties {
    fn default() -> Self {
        Self { repeat: 1.0, frequency: 0.0, presence: 0.0, last_n: 64 }
    }
}

/// The sampler's settings, checked. Order of work: penalties, top-k, top-p, min-p, temperature, draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest token. Range 0 to 2.
    pub temperature: f32,
    /// Keep this many tokens; 0 keeps all.
    pub top_k: u32,
    /// Keep the likeliest tokens until their probability adds up to this. Range 0 (exclusive) to 1.
    pub top_p: f32,
    /// Keep tokens at least this likely compared with the likeliest. Range 0 to 1.
    pub min_p: f32,
    pub penalties: Penalties,
    /// The same seed and logits give the same text; the logits of a real model differ by rounding with the size of a
    /// batch and the state of the cache. None draws a new seed for each request.
    pub seed: Option<u64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.7, top_k: 40, top_p: 0.95, min_p: 0.05, penalties: Penalties::default(), seed: None }
    }
}

impl Sampling {
    /// The likeliest token each time.
    #[must_use]
    pub fn greedy() -> Self {
        Self { temperature: 0.0, ..Self::default() }
    }

    /// # Errors
    /// The first value that is out of its range, NaN included.
    pub fn checked(self) -> Result<Self, SamplingError> {
        let p = self.penalties;
        for (name, value, min, max) in [
            ("temperature", self.temperature, 0.0, 2.0),
            ("top_p", self.top_p, f32::EPSILON, 1.0),
            ("min_p", self.min_p, 0.0, 1.0),
            ("repeat_penalty", p.repeat, 0.5, 2.0),
            ("frequency_penalty", p.frequency, -2.0, 2.0),
            ("presence_penalty", p.presence, -2.0, 2.0),
        ] {
            if !(min..=max).contains(&value) {
                return Err(SamplingError { name, value: f64::from(value), min: f64::from(min), max: f64::from(max) });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_out_of_range_is_named() {
        let name = |s: Sampling| s.checked().map(|_| ()).map_err(|e| e.name);
        assert_eq!(name(Sampling::default()), Ok(()));
        assert_eq!(name(Sampling { temperature: f32::NAN, ..Sampling::default() }), Err("temperature"));
        assert_eq!(name(Sampling { top_p: 0.0, ..Sampling::default() }), Err("top_p"));
        let penalties = Penalties { presence: 2.5, ..Penalties::default() };
        assert_eq!(name(Sampling { penalties, ..Sampling::default() }), Err("presence_penalty"));
    }
}
