//! Moments as they are typed and shown.

use jiff::Timestamp;
use jiff::civil::DateTime;
use sarai_loop::clock;
use sarai_proactive::time::Zone;
use sarai_types::Notice;

use crate::ending::{Exit, Told};

/// The zone that was named, or this computer's.
pub(super) fn zone(name: Option<&str>) -> Result<Zone, Told> {
    let Some(name) = name else { return Ok(clock::home()) };
    name.parse::<Zone>().map_err(|wrong| {
        let notice = match wrong.nearest {
            Some(nearest) => Notice::new("cli-rules-zone-nearest").arg("nearest", nearest),
            None => Notice::new("cli-rules-zone"),
        };
        Told::new(Exit::Usage, vec![notice.arg("zone", wrong.name)])
    })
}

/// `2026-11-27T10:00:00Z`, `2026-11-27T10:00:00+01:00`, or what the wall shows in the zone: `2026-11-27T10:00`.
pub(super) fn moment(text: &str, zone: &Zone) -> Result<Timestamp, Told> {
    let text = text.trim();
    let at = text.parse::<Timestamp>().ok().or_else(|| zone.moment(text.parse::<DateTime>().ok()?));
    at.ok_or_else(|| Told::new(Exit::Usage, vec![Notice::new("cli-rules-moment").arg("value", text)]))
}

/// For a person: `2026-11-30 09:00`.
pub(super) fn short(at: Timestamp, zone: &Zone) -> String {
    zone.wall(at).strftime("%Y-%m-%d %H:%M").to_string()
}
