//! What a Rust skill links: a server of skill.v1 that reloads, drains and calls the host.
