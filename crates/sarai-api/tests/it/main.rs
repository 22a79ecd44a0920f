//! The front door as its callers see it: requests in, replies out, with a scripted daemon behind.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]
#![allow(clippy::too_many_lines, reason = "tables are as long as there are cases")]

mod admission;
mod chat;
mod client;
mod form;
mod hostile;
mod house;
mod memory;
mod messages;
mod openapi;
mod operations;
mod requests;
mod responses;
mod rules;
mod skills;
