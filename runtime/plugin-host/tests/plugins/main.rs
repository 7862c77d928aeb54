//! What a plugin can do to its host, in both modes: nothing but fail its call.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod calls;
mod host_calls;
mod kit;
mod life;
mod loading;
