//! Which skill a request is for.

mod sign;

pub use sign::Sign;
