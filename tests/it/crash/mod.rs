//! Nothing stays behind, whatever dies: crashes at every write, damaged stores, runners killed at random moments.

mod clock;
mod crowd;
mod damage;
mod disk;
mod full;
mod kills;
mod liar;
mod lost_proxy;
mod no_room;
mod outside;
pub mod processes;
mod ruined;
mod schedules;
mod syncs;
mod vfs;
