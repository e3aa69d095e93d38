//! Nothing stays behind, whatever dies: crashes at every write, damaged stores, runners killed at random moments.

mod disk;
mod full;
mod kills;
mod outside;
mod processes;
mod schedules;
mod syncs;
mod vfs;
