//! The file system under a folder: whether SQLite's locks can be relied on there, and whether it outlives the run.

use std::path::Path;

/// What lies under a folder, as far as it matters for a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// A disk of this machine, or one that is not known to be anything else.
    Local,
    /// In memory: gone with the machine, or the container.
    Memory(String),
    /// Layers, as the root of a container is: the upper one is gone with it.
    Layers(String),
    /// On another machine: locks do not hold there as SQLite needs them.
    Remote(String),
}

impl FileSystem {
    /// The file system under a path, or where that is not there yet, under the nearest folder above it that is.
    pub fn of(path: &Path) -> Self {
        let there = path.ancestors().find_map(|folder| folder.canonicalize().ok());
        there.map_or(FileSystem::Local, |folder| under(&folder))
    }
}

#[cfg(not(target_os = "linux"))]
fn under(_: &Path) -> FileSystem {
    FileSystem::Local
}

#[cfg(target_os = "linux")]
fn under(folder: &Path) -> FileSystem {
    let Ok(told) = rustix::fs::statfs(folder) else { return FileSystem::Local };
    // The kernel's numbers have 32 bits; what a platform's type adds to the left of them is the sign.
    let magic = told.f_type as u64 & 0xFFFF_FFFF;
    match magic {
        FUSE => {
            let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
            of_fuse(mounted(&mounts, folder).unwrap_or("fuse"))
        }
        _ => of_magic(magic),
    }
}

/// `FUSE_SUPER_MAGIC`: many file systems, told apart by their names.
const FUSE: u64 = 0x6573_5546;

/// The numbers by which the kernel tells file systems on other machines, and shared folders of virtual machines, with their
/// names (statfs(2), and the list of GNU `stat`).
const REMOTE: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFE53_4D42, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0x0102_1997, "9p"),
    (0x0BD0_0BD0, "Lustre"),
    (0x00C3_6400, "Ceph"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x564C, "NCP"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0xAAD7_AAEA, "PanFS"),
    (0xBEEF_DEAD, "StorNext"),
    (0x6163_6673, "ACFS"),
    (0x7C7C_6673, "a shared folder of Parallels"),
    (0xBACB_ACBC, "a shared folder of VMware"),
    (0x786F_4256, "a shared folder of VirtualBox"),
];

fn of_magic(magic: u64) -> FileSystem {
    match magic {
        0x0102_1994 => FileSystem::Memory("tmpfs".to_owned()),
        0x8584_58F6 => FileSystem::Memory("ramfs".to_owned()),
        0x794C_7630 => FileSystem::Layers("overlay".to_owned()),
        _ => match REMOTE.iter().find(|(known, _)| *known == magic) {
            Some((_, name)) => FileSystem::Remote((*name).to_owned()),
            None => FileSystem::Local,
        },
    }
}

/// File systems that a program of this machine gives from what lies on it. All other programs are taken to ask another
/// machine.
const LOCAL_FUSE: &[&str] = &[
    "fuseblk",
    "virtiofs",
    "bindfs",
    "mergerfs",
    "unionfs",
    "gocryptfs",
    "encfs",
    "cryfs",
    "ext2",
    "ext3",
    "ext4",
    "fuse2fs",
    "ntfs",
    "ntfs-3g",
    "exfat",
    "lxcfs",
    "posixovl",
];

fn of_fuse(name: &str) -> FileSystem {
    match name.strip_prefix("fuse.").unwrap_or(name) {
        "fuse-overlayfs" => FileSystem::Layers(name.to_owned()),
        kind if LOCAL_FUSE.contains(&kind) => FileSystem::Local,
        _ => FileSystem::Remote(name.to_owned()),
    }
}

/// The name of the file system on which an absolute path lies, by `/proc/self/mountinfo`: that of the longest mount point above
/// it, and of those at the same place, the last.
fn mounted<'m>(mounts: &'m str, path: &Path) -> Option<&'m str> {
    let of_line = |line: &'m str| {
        let (left, right) = line.split_once(" - ")?;
        let point = unescaped(left.split(' ').nth(4)?);
        path.starts_with(&point).then_some((point.len(), right.split(' ').next()?))
    };
    mounts.lines().filter_map(of_line).max_by_key(|(length, _)| *length).map(|(_, name)| name)
}

/// A mount point without the kernel's escapes: `\040` is a space.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (escape, letter)| text.replace(escape, letter))
}

#[cfg(test)]
mod tests {
    use super::{FileSystem, mounted, of_fuse, of_magic};
    use std::path::Path;

    #[test]
    fn numbers_tell_file_systems() {
        assert_eq!(of_magic(0x6969), FileSystem::Remote("NFS".to_owned()));
        assert_eq!(of_magic(0xFF53_4D42), FileSystem::Remote("CIFS".to_owned()));
        assert_eq!(of_magic(0x0102_1994), FileSystem::Memory("tmpfs".to_owned()));
        assert_eq!(of_magic(0x794C_7630), FileSystem::Layers("overlay".to_owned()));
        assert_eq!(of_magic(0xEF53), FileSystem::Local, "ext4");
    }

    #[test]
    fn programs_that_give_file_systems_are_told_by_their_names() {
        for local in ["fuseblk", "virtiofs", "fuse.gocryptfs", "fuse.ntfs-3g"] {
            assert_eq!(of_fuse(local), FileSystem::Local, "{local}");
        }
        for remote in ["fuse.sshfs", "fuse.s3fs", "fuse.glusterfs", "fuse.rclone", "fuse", "fuse.made-tomorrow"] {
            assert_eq!(of_fuse(remote), FileSystem::Remote(remote.to_owned()));
        }
        assert_eq!(of_fuse("fuse.fuse-overlayfs"), FileSystem::Layers("fuse.fuse-overlayfs".to_owned()));
    }

    #[test]
    fn the_nearest_mount_above_counts() {
        let mounts = "21 1 254:0 / / rw - ext4 /dev/vda rw\n\
                      22 21 0:50 / /home/kim rw shared:1 - fuse.sshfs kim@host: rw\n\
                      23 21 0:51 / /mnt/a\\040b rw - virtiofs share rw\n";
        let name = |path: &str| mounted(mounts, Path::new(path));
        assert_eq!(name("/home/kim/state"), Some("fuse.sshfs"));
        assert_eq!(name("/home/kimberly"), Some("ext4"));
        assert_eq!(name("/mnt/a b/c"), Some("virtiofs"));
        assert_eq!(mounted("", Path::new("/")), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_nearest_folder_that_is_there_is_asked() {
        assert_eq!(FileSystem::of(Path::new("/dev/shm/there/is/none")), FileSystem::of(Path::new("/dev/shm")));
    }
}
