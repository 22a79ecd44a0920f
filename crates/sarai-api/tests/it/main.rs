//! The front door as its callers see it: requests in, replies out, with a scripted daemon behind.

mod admission;
mod chat;
mod client;
mod hostile;
mod house;
mod openapi;
mod operations;
mod requests;
mod responses;
